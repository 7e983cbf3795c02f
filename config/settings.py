"""Every setting of the deployment, typed, from the environment, in one place."""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
#: In VAR_DIR, while `make run` runs: the addresses of its servers and what else its commands must know.
RUNNING = "berjalan.json"
RUNTIME_ROLES = ("smartcity_app", "smartcity_worker", "smartcity_reader", "smartcity_export")


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names it and says what to write."""


@dataclass(frozen=True)
class Settings:
    """One deployment. Sizes in bytes, times in seconds unless the name says otherwise.

    Attributes:
        storage_url: `s3://KEY:SECRET@host:port/bucket[?region=…&tls=0]`; empty: files lie below `var_dir`.
        clamav_url: `tcp://host:3310` or `unix:///run/clamd.sock`; empty: uploads are not scanned.
        local_signer: letters may be signed by this machine's own authority, which no reader of PDFs trusts.
        internal_hosts: hosts of the private network that a region's identity provider may live on.
    """

    master_key: bytes
    database_url: str
    redis_url: str
    base_domain: str = "localhost"
    port: int = 8000
    var_dir: Path = ROOT / "var"
    production: bool = False
    demo: bool = False
    trusted_proxies: int = 0
    tls: bool = False
    bind_token_to_pid: bool = True
    smtp_url: str = ""
    mail_from: str = "portal@localhost"
    metrics_token: str = ""
    # The Cloud API's address with its version (https://graph.facebook.com/v23.0), the sender's number by its id, and
    # the approved template whose one parameter is the text.
    whatsapp_url: str = ""
    whatsapp_phone_id: str = ""
    whatsapp_token: str = ""
    whatsapp_template: str = ""
    sms_url: str = ""
    sms_token: str = ""
    sms_sender: str = ""
    statement_timeout_ms: int = 15_000
    region_concurrency: int = 6
    api_per_minute: int = 120
    api_region_per_minute: int = 6_000
    web_threads: int = 8
    max_body: int = 64 * 1024 * 1024
    queue: str = "smartcity"
    region_jobs: int = 4
    citus: bool = False
    storage_url: str = ""
    storage_encrypted: bool = False
    clamav_url: str = ""
    local_signer: bool = True
    sign_seconds: int = 30
    old_master_keys: tuple[bytes, ...] = ()
    role_urls: Mapping[str, str] = field(default_factory=dict)
    internal_hosts: frozenset[str] = frozenset()

    @property
    def embedded(self) -> bool:
        """Whether the servers are the embedded ones, below the security floor of production."""
        return not self.production

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose (HKDF-SHA256, expand step, from the master key)."""
        return self._expand(self.master_key, purpose)

    def derive_all(self, purpose: str) -> list[bytes]:
        """The same key from the present master key and from those before it, newest first (rotation)."""
        return [self._expand(key, purpose) for key in (self.master_key, *self.old_master_keys)]

    @staticmethod
    def _expand(key: bytes, purpose: str) -> bytes:
        return hmac.new(key, purpose.encode() + b"\x01", hashlib.sha256).digest()

    def role_password(self, role: str) -> str:
        """The password of a runtime database role: derived, so that no list of passwords is kept."""
        return self.derive(f"database-role:{role}").hex()

    def role_url(self, role: str) -> str:
        """The connection URL of one runtime role: `<ROLE>_URL` (SMARTCITY_APP_URL) where the deployment gives it, so
        that a web process need not know the administrator's; else that one with another user.

        Raises:
            SettingsError: neither is there.
        """
        if role in self.role_urls:
            return self.role_urls[role]
        if not self.database_url:
            raise SettingsError(f"Tulis {role.upper()}_URL, atau DATABASE_URL milik administrator.")
        parts = urlsplit(self.database_url)
        host = parts.netloc.rpartition("@")[2]
        netloc = f"{role}:{quote(self.role_password(role))}@{host}"
        return urlunsplit(("postgresql+psycopg2", netloc, parts.path, parts.query, ""))


def _flag(env: Mapping[str, str], name: str, default: str = "0") -> bool:
    return env.get(name, default).lower() in {"1", "true", "yes", "ya"}


def _master_key(env: Mapping[str, str], var_dir: Path, *, production: bool) -> bytes:
    if env.get("MASTER_KEY"):
        key = env["MASTER_KEY"].encode()
        if len(key) < 32:
            raise SettingsError("MASTER_KEY harus sedikitnya 32 karakter acak.")
        return key
    if production:
        raise SettingsError("MASTER_KEY wajib diisi pada produksi (sedikitnya 32 karakter acak).")
    path = var_dir / "master.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip().encode()


def _running_servers(var_dir: Path) -> dict[str, str]:
    """What `make run` wrote of the servers that it started, so that `flask …` in another terminal finds them."""
    file = var_dir / RUNNING
    return json.loads(file.read_text()) if file.is_file() else {}


def load(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: names the variable and what it should hold.
    """
    env = os.environ if env is None else env
    var_dir = Path(env.get("VAR_DIR") or ROOT / "var").resolve()
    production = _flag(env, "PRODUCTION")
    if not production:
        env = {**_running_servers(var_dir), **env}
    try:
        numbers = {
            name: int(env[key])
            for name, key in (
                ("port", "PORT"),
                ("trusted_proxies", "TRUSTED_PROXIES"),
                ("statement_timeout_ms", "STATEMENT_TIMEOUT_MS"),
                ("region_concurrency", "REGION_CONCURRENCY"),
                ("api_per_minute", "API_PER_MINUTE"),
                ("api_region_per_minute", "API_REGION_PER_MINUTE"),
                ("web_threads", "WEB_THREADS"),
                ("max_body", "MAX_BODY"),
                ("region_jobs", "REGION_JOBS"),
                ("sign_seconds", "SIGN_SECONDS"),
            )
            if env.get(key)
        }
    except ValueError as error:
        raise SettingsError(f"Pengaturan angka tidak terbaca: {error}") from error
    role_urls = {role: env[f"{role.upper()}_URL"] for role in RUNTIME_ROLES if env.get(f"{role.upper()}_URL")}
    if not env.get("DATABASE_URL") and not role_urls:
        raise SettingsError("DATABASE_URL kosong: jalankan `make run` lebih dahulu, atau tulis alamat basis data.")
    return Settings(
        master_key=_master_key(env, var_dir, production=production),
        database_url=env.get("DATABASE_URL", ""),
        role_urls=role_urls,
        redis_url=env.get("REDIS_URL", ""),
        base_domain=env.get("BASE_DOMAIN", "localhost").lower(),
        var_dir=var_dir,
        production=production,
        demo=_flag(env, "DEMO"),
        tls=_flag(env, "TLS", "1" if production else "0"),
        bind_token_to_pid=_flag(env, "BIND_TOKEN_TO_PID", "1"),
        smtp_url=env.get("SMTP_URL", ""),
        mail_from=env.get("MAIL_FROM", "portal@localhost"),
        metrics_token=env.get("METRICS_TOKEN", ""),
        whatsapp_url=env.get("WHATSAPP_URL", ""),
        whatsapp_phone_id=env.get("WHATSAPP_PHONE_ID", ""),
        whatsapp_token=env.get("WHATSAPP_TOKEN", ""),
        whatsapp_template=env.get("WHATSAPP_TEMPLATE", ""),
        sms_url=env.get("SMS_URL", ""),
        sms_token=env.get("SMS_TOKEN", ""),
        sms_sender=env.get("SMS_SENDER", ""),
        queue=env.get("QUEUE", "smartcity"),
        citus=_flag(env, "CITUS"),
        storage_url=env.get("STORAGE_URL", ""),
        storage_encrypted=_flag(env, "STORAGE_ENCRYPTED"),
        clamav_url=env.get("CLAMAV_URL", ""),
        local_signer=_flag(env, "LOCAL_SIGNER", "0" if production else "1"),
        old_master_keys=tuple(key.encode() for key in env.get("MASTER_KEY_OLD", "").split(",") if key),
        internal_hosts=frozenset(env.get("INTERNAL_HOSTS", "").lower().replace(",", " ").split()),
        **numbers,
    )
