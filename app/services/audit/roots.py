"""Roots: where each region's chain stood on each day, published where everybody can keep a copy.

A root is public and lies in a reference table; a region writes its own through a definer function that refuses to go
back. All roots of a day make one Merkle root (RFC 6962: leaf 0x00, node 0x01), signed with the deployment's key.
The days are Jakarta's, one calendar for the whole country.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text

from app.kernel.canonical import canonical_json
from app.kernel.clock import today
from app.services.audit.entries import length_prefixed
from app.services.personal.keys import HeldKey, held
from app.tenancy.database import db, region_sql

JOB = "audit.terbitkan"
ZONE = "Asia/Jakarta"
#: The deployment's signing key; a new master key does not change it, so that what was published stays verifiable.
KEY = HeldKey("audit-roots", shared=True)
ROOTS = """
SELECT r.region_id, g.code, g.name, r.day, r.seq, encode(r.hash, 'hex') AS hash
FROM tenancy.audit_roots r JOIN tenancy.regions g ON g.id = r.region_id
"""


@dataclass(frozen=True)
class Root:
    """Where one region's chain stood on a day: `hash` (hexadecimal) is that of its entry `seq`."""

    region_id: int
    code: str
    name: str
    day: date
    seq: int
    hash: str


@dataclass(frozen=True)
class Signed:
    """One day of the whole country. `statement` is the signed text: canonical JSON of day, regions and root.

    `final` is False on the day itself, when regions still move on.
    """

    day: date
    root: str
    statement: str
    signature: str
    final: bool


def publish(_payload: dict[str, Any]) -> None:
    """The hourly job: publish the current region's head.

    Raises:
        sqlalchemy.exc.DataError: the head is behind a published root, so somebody rewrote the chain.
    """
    head = region_sql("SELECT seq, hash FROM audit_heads WHERE region_id = :region_id").one_or_none()
    if head is not None and head.seq:
        statement = text("SELECT tenancy.publish_audit_root(:seq, :hash)")
        db.session.execute(statement, {"seq": head.seq, "hash": head.hash})


def _roots(rest: str, **values: object) -> list[Root]:
    return [Root(**row) for row in db.session.execute(text(ROOTS + rest), values).mappings()]


def roots_of(region_id: int) -> list[Root]:
    """Every published root of one region, newest first."""
    return _roots("WHERE r.region_id = :number ORDER BY r.day DESC", number=region_id)


def roots_on(day: date) -> list[Root]:
    """The roots of all regions on one day, in the order of the Merkle tree."""
    return _roots("WHERE r.day = :day ORDER BY r.region_id", day=day)


def days(limit: int) -> list[date]:
    """The latest days with a root, newest first."""
    statement = text("SELECT DISTINCT day FROM tenancy.audit_roots ORDER BY day DESC LIMIT :limit")
    return list(db.session.execute(statement, {"limit": limit}).scalars())


def leaf(root: Root) -> bytes:
    """A region's leaf: its number, day, seq and hash, length-prefixed."""
    values = (str(root.region_id), root.day.isoformat(), str(root.seq), root.hash)
    return hashlib.sha256(b"\0" + length_prefixed(values).encode()).digest()


def merkle_root(leaves: list[bytes]) -> bytes:
    """RFC 6962's tree hash; an odd node goes up as it is. sha256 of nothing for no leaf."""
    level = leaves or [hashlib.sha256(b"").digest()]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\1" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0]


def _signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(held(KEY.purpose))


def public_key() -> str:
    """The deployment's public key, PEM."""
    key = _signing_key().public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(day: date, roots: list[Root]) -> Signed:
    """The day's Merkle root, signed. Ed25519 is deterministic: asked again, the same day has the same signature."""
    root = merkle_root([leaf(item) for item in roots]).hex()
    statement = canonical_json({"day": day, "regions": len(roots), "root": root})
    signature = base64.b64encode(_signing_key().sign(statement)).decode()
    return Signed(day, root, statement.decode(), signature, final=day < today(ZONE))
