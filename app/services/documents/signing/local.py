"""The local signer: an authority and a key of this deployment's own, for development and demonstrations.

Its signatures are real PAdES (B-B), so that everything after them is real; but no reader of PDFs trusts the authority.
"""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.timestamps import DummyTimeStamper, TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.kernel.clock import now
from app.services.documents.signing.providers import Person

YEARS = 10
KEY_BITS = 2048
FIELD = "TandaTangan"


class Authority:
    """A certificate authority in one folder. What it needs is made when it is first asked for, once."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    @property
    def root_file(self) -> Path:
        """The authority's certificate (PEM), for whoever decides to trust it."""
        self._authority()
        return self._folder / "akar.pem"

    def signer(self, label: str, common_name: str, organisation: str) -> SimpleSigner:
        """The signer whose key lies under `label`, made on first use."""
        key, certificate = self._pair(label, common_name, organisation)
        return _as_signer(key, [certificate, self._authority()[1]])

    def time_stamper(self) -> TimeStamper:
        """Stamps time under the same authority."""
        key, certificate = self._pair("waktu", f"{self._name} Waktu", self._name, time_stamping=True)
        signer = _as_signer(key, [certificate, self._authority()[1]])
        return DummyTimeStamper(signer.signing_cert, signer.signing_key, certs_to_embed=signer.cert_registry)

    def _authority(self) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
        path = self._folder / "akar.kunci.pem"
        if not path.exists():
            key = rsa.generate_private_key(65537, KEY_BITS)
            name = _name(self._name, self._name)
            builder = _builder(name, name, key).add_extension(
                x509.BasicConstraints(ca=True, path_length=0), critical=True
            )
            usage = _usage(crl_sign=True, key_cert_sign=True)
            certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
            _publish(path, key, certificate)
        pair = _load(path)
        _publish_bytes(self._folder / "akar.pem", pair[1].public_bytes(serialization.Encoding.PEM))
        return pair

    def _pair(
        self, label: str, common_name: str, organisation: str, *, time_stamping: bool = False
    ) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
        path = self._folder / f"{label}.kunci.pem"
        if not path.exists():
            authority_key, authority = self._authority()
            key = rsa.generate_private_key(65537, KEY_BITS)
            builder = _builder(_name(common_name, organisation), authority.subject, key)
            builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            builder = builder.add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
            if time_stamping:
                purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
                builder = builder.add_extension(purposes, critical=True)
            _publish(path, key, builder.sign(authority_key, hashes.SHA256()))
        return _load(path)


def _name(common_name: str, organisation: str) -> x509.Name:
    values = (
        (NameOID.COUNTRY_NAME, "ID"),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.COMMON_NAME, common_name),
    )
    return x509.Name([x509.NameAttribute(oid, value[:64]) for oid, value in values])


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    start = now() - timedelta(minutes=5)
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(**allowed: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})


def _publish(path: Path, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _publish_bytes(path, private + certificate.public_bytes(serialization.Encoding.PEM))


def _publish_bytes(path: Path, content: bytes) -> None:
    """Put a file there, unless somebody was first: two processes must not each have an authority of the same name."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=path.parent) as file:
        file.write(content)
        file.flush()
        try:
            os.link(file.name, path)
        except FileExistsError:
            return


def _load(path: Path) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    content = path.read_bytes()
    key = serialization.load_pem_private_key(content, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key, x509.load_pem_x509_certificate(content)


def _as_signer(key: rsa.RSAPrivateKey, chain: list[x509.Certificate]) -> SimpleSigner:
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificates = [asn1.Certificate.load(link.public_bytes(serialization.Encoding.DER)) for link in chain]
    return SimpleSigner(
        signing_cert=certificates[0],
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore.from_certs(certificates),  # type: ignore[no-untyped-call]
    )


def add_signature(pdf: bytes, signer: SimpleSigner, person: Person, time_stamper: TimeStamper | None = None) -> bytes:
    """`pdf` with one invisible PAdES signature behind it: B-B, with a time stamper B-T. Its first bytes stay."""
    details = PdfSignatureMetadata(
        field_name=FIELD, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256", name=person.name,
        reason=person.office or None,
    )  # fmt: skip
    signed = BytesIO()
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    # pyHanko runs an event loop; in a thread of its own it cannot meet another one.
    with ThreadPoolExecutor(1) as own:
        own.submit(sign_pdf, writer, details, signer, timestamper=time_stamper, output=signed).result()
    return signed.getvalue()


class LocalSigner:
    """Signs at once, for anybody whose role allows it: the route's permission is the only lock."""

    name, asks_person = "LOKAL", False

    def __init__(self, var_dir: Path, region_id: int, government: str) -> None:
        self._authority = local_authority(var_dir)
        self._region_id, self._government = region_id, government

    def sign(self, pdf: bytes, person: Person) -> bytes:
        """Never uncertain: it happens here."""
        signer = self._authority.signer(
            str(self._region_id), f"Penanda tangan lokal {self._government}", self._government
        )
        return add_signature(pdf, signer, person)


def local_authority(var_dir: Path) -> Authority:
    """The deployment's own authority."""
    return Authority(var_dir / "tanda-tangan", "Otoritas lokal Sabilulungan Nusantara (bukan produksi)")
