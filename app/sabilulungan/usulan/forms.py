"""What an applicant types, checked field by field; nothing typed is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.kernel.money import BadAmount, parse_rupiah
from app.sabilulungan.models import JENIS_RINCI
from app.services.ui.i18n import _
from app.services.workflow.process import Refusal, Refused
from app.tenancy.places import district_names

LONGEST_TITLE, LONGEST_TEXT = 200, 4_000
LARGEST = 100_000_000_000


@dataclass(frozen=True)
class Draft:
    """A proposal as typed and checked. `amount` in rupiah; `tahun`: the budget year that it is for."""

    rincian_jenis: str
    judul: str
    tujuan: str
    penerima: str
    kecamatan_kode: str
    tahun: int
    amount: int


def read_draft(form: Mapping[str, str], today: date) -> Draft:
    """The draft that a form holds.

    Raises:
        Refused: one refusal for each bad field; its code is the field.
    """
    problems: list[Refusal] = []
    texts = {name: form.get(name, "").strip() for name in ("judul", "tujuan", "penerima")}
    for name, longest in (("judul", LONGEST_TITLE), ("tujuan", LONGEST_TEXT), ("penerima", LONGEST_TITLE)):
        if not texts[name]:
            problems.append(Refusal(name, _("Isian ini wajib.")))
        elif len(texts[name]) > longest:
            problems.append(Refusal(name, _("Paling banyak %(most)s huruf.", most=longest)))
    kind, place, year = form.get("rincian_jenis", ""), form.get("kecamatan_kode", ""), form.get("tahun", "")
    checks = (
        (kind not in JENIS_RINCI, "rincian_jenis", _("Pilih jenis bantuan.")),
        (place not in district_names(), "kecamatan_kode", _("Pilih kecamatan.")),
        (year not in {str(y) for y in budget_years(today)}, "tahun", _("Pilih tahun anggaran.")),
    )
    problems += [Refusal(field, message) for wrong, field, message in checks if wrong]
    amount = 0
    try:
        amount = parse_rupiah(form.get("amount", ""))
        if not 0 < amount <= LARGEST:
            problems.append(Refusal("amount", _("Tulis jumlah antara Rp 1 dan Rp 100 miliar.")))
    except BadAmount as error:
        problems.append(Refusal("amount", str(error)))
    if problems:
        raise Refused(*problems)
    return Draft(kind, texts["judul"], texts["tujuan"], texts["penerima"], place, int(year), amount)


def budget_years(today: date) -> tuple[int, int]:
    """Budget years that one may ask for: the next one, and this one's change (APBD Perubahan)."""
    return today.year + 1, today.year
