"""The law and the house rules of a grant proposal as plain functions. Amounts in rupiah.

Sources: Permendagri 32/2011 (ps. 14, 32), Perwal Bandung 825/2013 (ps. 6, 13); the process page's section 3.
"""

from app.sabilulungan.models import Hibah
from app.services.ui.formats import rupiah
from app.services.ui.i18n import _
from app.services.workflow.process import Guard, Order, Refusal

LADDER = ("amount_requested", "amount_recommended", "amount_tapd", "amount_approved")


def room_below(proposal: Hibah, step: str) -> int | None:
    """The most that a step of the ladder may give: the last amount that was set before it; None where none was."""
    before = LADDER[: LADDER.index(step)]
    known = [amount for name in before if (amount := getattr(proposal, name)) is not None]
    return known[-1] if known else None


def not_above(step: str) -> Guard:
    """A guard: amounts only go down the ladder, diajukan >= direkomendasikan >= dipertimbangkan >= disetujui."""

    def not_above_the_step_before(proposal: Hibah, order: Order) -> Refusal | None:
        amount, most = order.values.get("amount"), room_below(proposal, step)
        if amount is None or most is None or amount <= most:
            return None
        return Refusal("amount", _("Paling banyak %(most)s, jumlah pada langkah sebelumnya.", most=rupiah(most)))

    return not_above_the_step_before


def amount_is_positive(_proposal: Hibah, order: Order) -> Refusal | None:
    """Nothing is recommended or granted at zero: that is a refusal, with a reason."""
    if order.values.get("amount") != 0:
        return None
    return Refusal("amount", _("Jumlah harus lebih dari nol; bila tidak, tolak dengan alasan."))


def has_a_plan(proposal: Hibah, _order: Order) -> Refusal | None:
    """A proposal says what the money is for: its title, its aim, its amount."""
    missing = not (proposal.judul.strip() and proposal.tujuan.strip() and proposal.amount_requested)
    return Refusal("belum-lengkap", _("Lengkapi judul, tujuan, dan jumlah sebelum mengajukan.")) if missing else None


def decided_before_the_budget_year(proposal: Hibah, order: Order) -> Refusal | None:
    """A decree (SK) of a budget year is not dated before the year's first day."""
    day = order.values.get("sk_tgl")
    if day is None or proposal.tahun is None or day.year >= proposal.tahun:
        return None
    return Refusal("sk_tgl", _("SK tahun anggaran %(year)s tidak bertanggal sebelum tahun itu.", year=proposal.tahun))
