"""Rules that compare names as people write them: the same recipient under two spellings, a payee under another name."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from rapidfuzz.distance import JaroWinkler, Levenshtein

from app.kernel.text import normalise_name
from app.sabilulungan.flags.grouping import groups
from app.sabilulungan.flags.sql import ALIVE, JOIN_ORG, NAME, RECIPIENT, REF, rows
from app.services.integrity.rules import CRITICAL, HIGH, Row

#: What an organisation is, not which one: two names that share only these words share nothing.
GENERIC = frozenset({
    "YAYASAN", "PERKUMPULAN", "LEMBAGA", "KELOMPOK", "TANI", "TERNAK", "NELAYAN", "WANITA", "USAHA", "BERSAMA",
    "KUBE", "DKM", "MASJID", "MUSHOLA", "LANGGAR", "MAJELIS", "TAKLIM", "PONDOK", "PESANTREN", "TPQ", "TPA", "MDT",
    "MI", "MTS", "MA", "SD", "SDN", "SMP", "SMA", "SMK", "TK", "PAUD", "RA", "PKK", "POSYANDU", "KARANG", "TARUNA",
    "PANITIA", "PEMBANGUNAN", "RENOVASI", "FORUM", "KOMUNITAS", "SANGGAR", "SENI", "KOPERASI", "BKM", "LPM", "LSM",
    "IKATAN", "PERSATUAN", "DEWAN", "PIMPINAN", "CABANG", "DAERAH", "KOTA", "KABUPATEN", "KECAMATAN", "KELURAHAN",
    "DESA", "PENDIDIKAN", "ISLAM", "SOSIAL", "WARGA", "PAGUYUBAN", "BADAN", "PENGURUS", "TIM", "GEREJA", "VIHARA",
    "PURA", "RT", "RW",
})  # fmt: skip
#: Short forms on bank books and in proposals -> the word.
SHORT = {
    "YYS": "YAYASAN", "YAY": "YAYASAN", "KEL": "KELOMPOK", "KLP": "KELOMPOK", "POKTAN": "KELOMPOK TANI",
    "MSJD": "MASJID", "MESJID": "MASJID", "MJD": "MASJID", "MUSHOLLA": "MUSHOLA", "MUSALA": "MUSHOLA",
    "PONPES": "PONDOK PESANTREN", "PP": "PONDOK PESANTREN", "TALIM": "TAKLIM", "KOP": "KOPERASI",
    "KARTAR": "KARANG TARUNA", "PSYD": "POSYANDU", "KAB": "KABUPATEN", "KEC": "KECAMATAN",
}  # fmt: skip
ROMAN = re.compile(r"[IVX]+")
#: Behind these words a bank book names the person who holds it.
HOLDER = re.compile(r"\b(QQ|ATAS NAMA|AN|CQ)\b.*")
#: Bank books cut a name at some length; a shorter piece than this says nothing.
CUT_NAME = 8


@dataclass(frozen=True)
class Name:
    """A name taken apart."""

    text: str

    @cached_property
    def words(self) -> list[str]:
        """Its words, short forms written out."""
        return [part for word in normalise_name(self.text).split() for part in SHORT.get(word, word).split()]

    @cached_property
    def full(self) -> str:
        """All words."""
        return " ".join(self.words)

    @cached_property
    def marks(self) -> list[str]:
        """Numbers, numerals and single letters: RW 05 is not RW 06."""
        return sorted(
            word.lstrip("0") for word in self.words if word.isdigit() or len(word) == 1 or ROMAN.fullmatch(word)
        )

    @cached_property
    def core(self) -> str:
        """What is left without generic words and marks, in one piece: AR RAHMAN is ARRAHMAN."""
        return "".join(
            word
            for word in self.words
            if word not in GENERIC and len(word) > 1 and not word.isdigit() and not ROMAN.fullmatch(word)
        )


def same_name(a: Name, b: Name, least: float, least_core: float) -> bool:
    """Whether two names are most likely one: alike as a whole and in what distinguishes them."""
    if a.full == b.full:
        return True
    if a.marks != b.marks or not a.core or not b.core:
        return False
    return (
        JaroWinkler.normalized_similarity(a.full, b.full) >= least
        and Levenshtein.normalized_similarity(a.core, b.core) >= least_core
    )


FILED = f"""
SELECT h.id, {REF} AS ref, h.tahun, coalesce(nullif(h.kelurahan_kode, ''), lower(h.alamat)) AS place,
    CAST(h.organisasi_id AS text) AS organisasi, encode(h.nik_hash, 'hex') AS nik, {RECIPIENT} AS recipient,
    {NAME} AS name, h.bidang, h.amount_requested
FROM hibah h {JOIN_ORG}
WHERE h.region_id = :region_id AND {ALIVE} AND h.tahun IS NOT NULL
"""


def repeated_recipients(params: Mapping[str, Any]) -> Iterator[Row]:
    """R02: one person, one organisation, or one name in one kelurahan, more than once in a budget year."""
    filed = rows(FILED)
    by_id = {row["id"]: row for row in filed}
    reasons: dict[Any, set[str]] = defaultdict(set)
    pairs = []
    for reason, first, second in _equal_pairs(filed, params):
        pairs.append((first["id"], second["id"]))
        reasons[first["id"]].add(reason)
        reasons[second["id"]].add(reason)
    for group in groups(pairs):
        members = sorted(group, key=lambda number: by_id[number]["ref"])
        if len(members) < params["minimum_sample"]:
            continue
        found = set().union(*(reasons[member] for member in members))
        for member in members:
            row = by_id[member]
            yield {
                "key": f"{row['tahun']}|{by_id[members[0]]['recipient']}", "subject": row["id"], "ref": row["ref"],
                "year": row["tahun"], "amount": row["amount_requested"],
                "severity": CRITICAL if "NIK" in found else HIGH, "penerima": row["name"], "opd": row["bidang"],
                "yang_sama": ", ".join(sorted(reasons[member])), "diajukan": row["amount_requested"],
            }  # fmt: skip


def _equal_pairs(filed: list[Row], params: Mapping[str, Any]) -> Iterator[tuple[str, Row, Row]]:
    for reason, name in (("NIK", "nik"), ("organisasi", "organisasi")):
        for same in _blocks(filed, lambda row, name=name: row[name] and (row["tahun"], row[name])):  # type: ignore[misc]
            yield from ((reason, same[0], other) for other in same[1:])
    least, least_core = params["kemiripan"], params["kemiripan_inti"]
    names = {row["name"]: Name(row["name"]) for row in filed if not row["nik"]}
    named = (row for row in filed if not row["nik"])
    for block in _blocks(named, lambda row: (row["tahun"], row["place"], names[row["name"]].core[:3])):
        for a, b in combinations(block, 2):
            other = a["recipient"] != b["recipient"] or not a["organisasi"]
            if other and same_name(names[a["name"]], names[b["name"]], least, least_core):
                yield "nama dan kelurahan", a, b


def _blocks(filed: Iterable[Row], key: Any) -> list[list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in filed:
        if (name := key(row)) is not None:
            found[name].append(row)
    return [block for block in found.values() if len(block) > 1]


PAID = f"""
SELECT * FROM (
    SELECT h.id, {REF} AS ref, h.tahun, o.nama AS name, o.atas_nama AS registered_name,
        coalesce(o.legacy_id, '') AS lembaga, p.tahap, p.sp2d_tgl, p.jumlah, p.atas_nama AS payee, p.rekening_akhir,
        coalesce(p.rekening_hash <> o.rekening_hash, false) OR coalesce(p.rekening_hash
            <> first_value(p.rekening_hash) OVER (PARTITION BY p.hibah_id ORDER BY p.tahap), false) AS other_account
    FROM pencairan p JOIN hibah h ON h.region_id = :region_id AND h.id = p.hibah_id
    JOIN organisasi o ON o.region_id = :region_id AND o.id = h.organisasi_id
    WHERE p.region_id = :region_id
) paid
WHERE other_account OR NOT :moved_only AND payee <> '' AND lower(payee) NOT IN (lower(name), lower(registered_name))
ORDER BY ref, tahap
"""


def same_payee(payee: str, owner: str, least: float) -> bool:
    """Whether a bank book's name is the organisation's, written short, cut off, or with its holder behind it."""
    a, b = Name(HOLDER.sub("", normalise_name(payee))), Name(owner)
    short, long = sorted((a.full, b.full), key=len)
    if len(short) >= CUT_NAME and long.startswith(short):
        return True
    left, right = (a.core, b.core) if a.core and b.core else (a.full, b.full)
    return Levenshtein.normalized_similarity(left, right) >= least


def _payments(params: Mapping[str, Any], *, moved_only: bool = False) -> Iterator[tuple[Row, bool, bool]]:
    """(payment, its payee has another name, it went to another account than the registered or the first one)."""
    for row in rows(PAID, moved_only=moved_only):
        owners = [name for name in (row["registered_name"], row["name"]) if name]
        named = not row["payee"] or any(same_payee(row["payee"], owner, params["kemiripan"]) for owner in owners)
        yield row, not named, row["other_account"]


def _payment(row: Row, other_name: bool, other_account: bool) -> Row:
    differs = [word for word, true in (("nama", other_name), ("rekening", other_account)) if true]
    return {
        "subject": row["id"], "ref": row["ref"], "year": row["tahun"], "amount": row["jumlah"], "key": row["ref"],
        "penerima": row["name"], "lembaga": row["lembaga"], "dibayarkan_kepada": row["payee"],
        "rekening": f"••• {row['rekening_akhir']}" if row["rekening_akhir"] else "", "sp2d": row["sp2d_tgl"],
        "yang_berbeda": ", ".join(differs), "dicairkan": row["jumlah"],
    }  # fmt: skip


def mismatched_payees(params: Mapping[str, Any]) -> Iterator[Row]:
    """R36: paid to an account in another name, or to another account than the registered one."""
    yield from _once(_payment(row, name, account) for row, name, account in _payments(params) if name or account)


def replaced_payees(params: Mapping[str, Any]) -> Iterator[Row]:
    """R46: both name and account are another's: somebody else was paid."""
    found = _payments(params, moved_only=True)
    yield from _once(_payment(row, name, account) for row, name, account in found if name and account)


def _once(found: Iterable[Row]) -> Iterator[Row]:
    """The first payment of each grant: its tranches repeat it."""
    seen = set()
    for row in found:
        if row["subject"] not in seen:
            seen.add(row["subject"])
            yield row
