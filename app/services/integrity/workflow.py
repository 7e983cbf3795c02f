"""The due process of a finding as one table: an indication is first put to whom it concerns, then decided."""

from datetime import date
from uuid import UUID

from app.services.integrity import clarifications, precision
from app.services.integrity.models import Finding
from app.services.integrity.rules import flag_of
from app.services.ui.i18n import lazy
from app.services.workflow.process import Field, Order, Process, State, Transition
from app.tenancy.database import db

INSPECTOR = ("inspektorat",)
#: Why a finding is closed; precision.OUTCOMES says what each tells about the rule.
REASONS = {
    "BENAR_SELESAI": lazy("benar, dan sudah diperbaiki atau dikembalikan"),
    "PENJELASAN": lazy("ada penjelasan yang wajar"),
    "DATA_KELIRU": lazy("data sumbernya keliru"),
    "GANDA": lazy("sudah diperiksa dalam temuan lain"),
}
STATES = (
    State("TERINDIKASI", lazy("Terindikasi"), "awas", "inspektorat"),
    State("KLARIFIKASI", lazy("Menunggu klarifikasi"), "jalan", "inspektorat"),
    State("DITERUSKAN", lazy("Diteruskan ke pemeriksaan"), "jalan", "inspektorat"),
    State("DITUTUP", lazy("Ditutup"), "netral"),
    State("TERBUKTI", lazy("Terbukti"), "bahaya"),
    State("TIDAK_TERBUKTI", lazy("Tidak terbukti"), "baik"),
)
WHOM = Field(
    "kepada", lazy("Ditanyakan kepada"), options=clarifications.addressees,
    hint=lazy("Ia menjawab lebih dahulu; tanpa jawaban sampai batasnya, temuan dapat diteruskan."),
)  # fmt: skip
TRANSITIONS = (
    Transition(("TERINDIKASI",), "minta_klarifikasi", "KLARIFIKASI", lazy("Minta klarifikasi"), INSPECTOR,
               working_days=10, reason="wajib", fields=(WHOM,)),
    Transition(("KLARIFIKASI",), "tanya_lagi", "KLARIFIKASI", lazy("Tanyakan juga kepada yang lain"), INSPECTOR,
               reason="wajib", fields=(WHOM,)),
    Transition(("TERINDIKASI", "KLARIFIKASI"), "tutup", "DITUTUP", lazy("Tutup temuan"), INSPECTOR, working_days=10,
               reason="wajib", codes=REASONS),
    Transition(("KLARIFIKASI",), "teruskan", "DITERUSKAN", lazy("Teruskan ke pemeriksaan"), INSPECTOR,
               (clarifications.heard,), working_days=10, reason="wajib"),
    Transition(("DITERUSKAN",), "nyatakan_terbukti", "TERBUKTI", lazy("Nyatakan terbukti"), INSPECTOR,
               working_days=60, reason="wajib"),
    Transition(("DITERUSKAN",), "nyatakan_tidak_terbukti", "TIDAK_TERBUKTI", lazy("Nyatakan tidak terbukti"),
               INSPECTOR, working_days=60, reason="wajib"),
)  # fmt: skip


def _words(finding: Finding) -> tuple[str, str]:
    flag = flag_of(finding.rule)
    return finding.nomor, str(flag.title) if flag else finding.rule


def _owner(_finding: Finding) -> UUID | None:
    """Nobody: whom a finding concerns is asked, he does not hold its file."""
    return None


def apply(finding: Finding, action: str, order: Order) -> None:
    """Write what an act brings: the question that was asked, or how the case was closed."""
    if action in {"minta_klarifikasi", "tanya_lagi"}:
        clarifications.ask(finding, str(order.values["kepada"]), order.reason)
    if action == "tutup":
        finding.closed_code = order.reason_code


def on_move(finding: Finding, state: str, _happened_on: date) -> None:
    """Keep the outcome on the finding, and let it count for the rule's precision at once."""
    if state in {"TERBUKTI", "TIDAK_TERBUKTI"}:
        finding.closed_code = state
    if finding.closed_code:
        db.session.flush()
        precision.judge()


FINDING = Process(
    code="temuan",
    version=1,
    title=lazy("Temuan integritas"),
    model=Finding,
    states=STATES,
    transitions=TRANSITIONS,
    owner=_owner,
    words=_words,
    url=lambda finding: f"/temuan/{finding.id}",
    state_column="state",
    apply=apply,
    on_move=on_move,
)
