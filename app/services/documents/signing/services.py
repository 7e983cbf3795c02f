"""Which service signs for a region: its own BSrE client service, or the local signer where that is allowed."""

from flask import current_app

from app.kernel.identifiers import uuid7
from app.services.documents.signing.bsre import BsreV1, BsreV2, Service
from app.services.documents.signing.providers import Provider
from app.services.personal.sealing import Sealer, unseal
from app.tenancy.context import current
from app.tenancy.database import region_sql
from config.settings import Settings

LOCAL, PROVIDERS = "LOKAL", ("LOKAL", "BSRE_V1", "BSRE_V2")
COLUMN = "signing_services.password"


def configure(provider: str, url: str = "", username: str = "", password: str = "") -> None:
    """Set the region's service; the caller commits. An operator's act: the address is one that we send to."""
    region_sql(
        "INSERT INTO signing_services (region_id, id, provider, url, username, password_sealed, actor)"
        " VALUES (:region_id, :id, :provider, :url, :username, :password, :actor)"
        " ON CONFLICT (region_id, purpose) DO UPDATE SET provider = excluded.provider, url = excluded.url,"
        " username = excluded.username, password_sealed = excluded.password_sealed, actor = excluded.actor,"
        " changed_at = clock_timestamp()",
        id=uuid7(), provider=provider, url=url, username=username, actor=current().actor,
        password=Sealer().seal(password, COLUMN),
    )  # fmt: skip


def provider_of(government: str) -> Provider | None:
    """The region's provider; None: nobody signs here yet (production without a service and without LOCAL_SIGNER)."""
    settings: Settings = current_app.extensions["settings"]
    row = region_sql(
        "SELECT provider, url, username, password_sealed FROM signing_services WHERE region_id = :region_id"
    ).one_or_none()
    if row is None or row.provider == LOCAL:
        # pyHanko is 20 MB that only a process which signs needs.
        from app.services.documents.signing.local import LocalSigner

        return LocalSigner(settings.var_dir, current().region_id, government) if settings.local_signer else None
    password = unseal(bytes(row.password_sealed) if row.password_sealed else None, COLUMN)
    service = Service(row.url, row.username, password, settings.sign_seconds)
    return BsreV1(service) if row.provider == "BSRE_V1" else BsreV2(service)
