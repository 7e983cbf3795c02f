"""A change of a region's settings holds once somebody else than its proposer approved it.

For tables with `proposed_by_id`, `approved_by_id`, `approved_at`; that nobody approves his own is their CHECK too.
"""

from uuid import UUID

from sqlalchemy import RowMapping

from app.services.ui.i18n import _
from app.services.workflow.process import Refusal, Refused
from app.tenancy.context import current
from app.tenancy.database import region_sql


def approve(table: str, number: UUID) -> RowMapping:
    """Approve row `number` of `table` (a name of the source); gives the row. The caller notes it and commits.

    Raises:
        Refused: it is one's own, or it is not there (any more).
    """
    row = region_sql(
        f"SELECT * FROM {table} WHERE region_id = :region_id AND id = :id AND approved_at IS NULL FOR UPDATE",
        id=number,
    ).mappings().one_or_none()  # fmt: skip
    if row is None:
        raise Refused(Refusal("sudah-berubah", _("Usulan perubahan ini sudah diputus.")))
    if str(row["proposed_by_id"]) == current().actor:
        raise Refused(Refusal("empat-mata", _("Perubahan disetujui orang lain, bukan pengusulnya.")))
    region_sql(
        f"UPDATE {table} SET approved_by_id = :actor, approved_at = clock_timestamp()"
        " WHERE region_id = :region_id AND id = :id",
        id=number, actor=UUID(current().actor),
    )  # fmt: skip
    return row


def added(number: UUID | None) -> UUID:
    """The number of a proposed change that was inserted.

    Raises:
        Refused: none was, because the day has one already.
    """
    if number is None:
        raise Refused(Refusal("berlaku", _("Sudah ada perubahan yang berlaku pada tanggal itu.")))
    return number
