"""Words that the rules' SQL shares. `h` is hibah, `o` its organisasi (left-joined)."""

from typing import Any

from app.services.integrity.rules import Row
from app.tenancy.database import region_sql

#: Ends without money; a file that fell there gives no indication of anything.
DEAD = "('DRAFT', 'DITOLAK', 'DITOLAK_FINAL', 'GUGUR', 'DITARIK', 'DIBATALKAN')"
ALIVE = f"h.status NOT IN {DEAD}"
GRANTED = f"h.stage >= 7 AND h.amount_granted > 0 AND {ALIVE}"
REF = "coalesce(h.legacy_id, h.nomor)"
JOIN_ORG = "LEFT JOIN organisasi o ON o.region_id = :region_id AND o.id = h.organisasi_id"
#: The name by which a recipient is known: an organisation's, a published one, or the title (the original's only name).
NAME = "coalesce(o.nama, nullif(h.penerima, ''), CASE WHEN h.nik_hash IS NULL THEN h.judul ELSE 'perorangan' END)"
_PLAIN_NAME = "lower(regexp_replace(coalesce(nullif(h.penerima, ''), h.judul), '[^[:alnum:]]+', ' ', 'g'))"
#: Who receives, as text: an organisation, a person by the hash of his NIK, else a name in its place.
RECIPIENT = (
    "coalesce('o' || CAST(h.organisasi_id AS text), 'n' || encode(h.nik_hash, 'hex'),"
    f" 'p' || {_PLAIN_NAME} || '|' || h.kelurahan_kode || '|' || lower(h.alamat))"
)
#: The legal body of an organisation: branches under one NPWP are one, and so are two records of one name in one place.
BODY = "coalesce('w' || encode(o.npwp_hash, 'hex'), 'm' || o.nama_norm || '|' || o.kelurahan_kode)"
#: An address that names a house: RT/RW alone are a neighbourhood. NULL for one that does not.
_STREET = (
    "regexp_replace(regexp_replace(lower(o.alamat), '\\m(rt|rw)[ ./:]*[0-9]+([ /.]*[0-9]+)?', ' ', 'g'),"
    " '\\m(jalan|jln|jl|nomor|nomer|no)\\M[.:]*', ' ', 'g')"
)
ADDRESS = (
    f"CASE WHEN {_STREET} ~ '[0-9]' THEN regexp_replace({_STREET}, '[^[:alnum:]]+', '', 'g') || '|'"
    " || o.kelurahan_kode END"
)


def rows(sql: str, **params: Any) -> list[Row]:
    """The rows of a statement about the current region."""
    return [dict(row) for row in region_sql(sql, **params).mappings()]
