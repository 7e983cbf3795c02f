"""R03: the same recipient in another region. What leaves the region are keyed hashes and its own file numbers."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.sabilulungan.flags.sql import ALIVE, JOIN_ORG, NAME, REF, rows
from app.services.integrity import national
from app.services.integrity.national import Identifier
from app.services.integrity.rules import HIGH, Column, RedFlag, Row
from app.services.personal.sealing import unseal
from app.services.ui.i18n import lazy

# Made rows of a demonstration stay at home: they are nobody.
HELD = f"""
SELECT h.nomor, h.tahun, h.nik_sealed, o.ketua_nik_sealed, o.npwp_sealed, o.rekening_sealed, o.bank_kode, o.no_ahu
FROM hibah h {JOIN_ORG}
WHERE h.region_id = :region_id AND {ALIVE} AND h.tahun IS NOT NULL AND NOT h.synthetic
    AND (h.nik_sealed IS NOT NULL OR o.ketua_nik_sealed IS NOT NULL OR o.npwp_sealed IS NOT NULL
        OR o.rekening_sealed IS NOT NULL OR o.no_ahu <> '')
"""
PAID = """
SELECT h.nomor, h.tahun, p.rekening_sealed, p.bank_kode FROM pencairan p
JOIN hibah h ON h.region_id = :region_id AND h.id = p.hibah_id
WHERE p.region_id = :region_id AND p.rekening_sealed IS NOT NULL AND h.tahun IS NOT NULL AND NOT h.synthetic
"""
OWN = f"""
SELECT h.id, h.nomor, {REF} AS ref, h.tahun, h.amount_requested, {NAME} AS penerima FROM hibah h {JOIN_ORG}
WHERE h.region_id = :region_id AND h.nomor = ANY(:numbers)
"""


def identifiers() -> Iterator[Identifier]:
    """What could be met in another region: persons (also as chairs), tax numbers, deeds, accounts, by budget year."""
    opened: dict[bytes, str] = {}

    def plain(sealed: bytes | None, column: str) -> str:
        if sealed is None:
            return ""
        if sealed not in opened:
            opened[bytes(sealed)] = unseal(bytes(sealed), column)
        return opened[bytes(sealed)]

    for row in rows(HELD):
        account = plain(row["rekening_sealed"], "rekening")
        values = (
            ("nik", plain(row["nik_sealed"], "nik")), ("nik", plain(row["ketua_nik_sealed"], "ketua_nik")),
            ("npwp", plain(row["npwp_sealed"], "npwp")),
            ("ahu", "".join(filter(str.isalnum, row["no_ahu"] or "")).upper()),
            ("rekening", f"{row['bank_kode']}|{account}" if account else ""),
        )  # fmt: skip
        yield from (Identifier(kind, row["tahun"], value, row["nomor"]) for kind, value in values if value)
    for row in rows(PAID):
        account = plain(row["rekening_sealed"], "rekening")
        yield Identifier("rekening", row["tahun"], f"{row['bank_kode']}|{account}", row["nomor"])


def met_elsewhere(_params: Mapping[str, Any]) -> Iterator[Row]:
    """One row for each own file whose recipient another region knows in the same year; never which region."""
    found = national.matches()
    own = {row["nomor"]: row for row in rows(OWN, numbers=[match.reference for match in found])}
    for match in found:
        if (row := own.get(match.reference)) is not None:
            yield {
                "key": f"{match.kind}|{match.period}|{match.reference}", "subject": row["id"], "ref": row["ref"],
                "year": row["tahun"], "amount": row["amount_requested"], "yang_sama": match.kind,
                "daerah_lain": match.others, "diajukan": row["amount_requested"],
            }  # fmt: skip


FLAGS = (
    RedFlag(
        "R03", lazy("Penerima yang sama muncul di daerah lain"), HIGH,
        needs=("hibah.nik_sealed|organisasi.ketua_nik_sealed|organisasi.npwp_sealed|organisasi.rekening_sealed"
               "|organisasi.no_ahu|pencairan.rekening_sealed",),
        source="sabilulungan-process.md bagian 6",
        innocent=lazy("Lembaga pusat dapat bercabang di beberapa daerah; satu orang dapat sah mengurus dua lembaga."),
        find=met_elsewhere,
        columns=(
            Column("yang_sama", lazy("Yang sama")), Column("daerah_lain", lazy("Daerah lain"), "angka"),
            Column("diajukan", lazy("Diajukan"), "rupiah"),
        ),
        national=True,
    ),
)  # fmt: skip
