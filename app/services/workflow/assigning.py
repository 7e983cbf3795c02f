"""Who gets a file: the next in the queue (FIFO), or by a draw that anybody can prove fair afterwards.

The draw is commit-reveal. On the day before, the hash of a random seed is published; draws of the day rank the
candidates by sha256(seed | file number | duty | candidate's code), smallest first; on the day after, the seed itself is
published, and the page `/undian` lists everything that is needed to compute each draw again.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.kernel.calendar import ONE_DAY
from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.personal.sealing import Sealer, unseal
from app.services.ui.i18n import _
from app.services.workflow import calendar, people, queue, telling
from app.services.workflow.models import WorkflowFile
from app.services.workflow.process import Refusal, Refused
from app.tenancy.context import current
from app.tenancy.database import db, region_sql

QUEUE, DRAW, APPOINTED = "ANTREAN", "UNDIAN", "PENUNJUKAN"
COLUMN = "undian"
SHOWN_DAYS = 60


@dataclass(frozen=True)
class DrawDay:
    """One day's seed: its hash from the morning on, the seed itself from the next day on ('' before)."""

    id: UUID
    day: date
    seed_hash: str
    seed: str


@dataclass(frozen=True)
class Drawn:
    """One draw as it is published: codes, never names."""

    nomor: str
    duty: str
    candidates: str
    chosen: str


def code_of(account: UUID | str) -> str:
    """The public code of an account in draws: says nothing, is always the same."""
    return "P-" + hashlib.sha256(f"undian|{current().region_id}|{account}".encode()).hexdigest()[:10]


def rank(seed: str, nomor: str, duty: str, code: str) -> str:
    """The number that decides: the smallest of all candidates is drawn. `seed` in hexadecimal digits."""
    return hashlib.sha256(f"{seed}|{nomor}|{duty}|{code}".encode()).hexdigest()


def prepare_day_job(_payload: dict[str, object]) -> None:
    """The hourly job."""
    prepare_day()


def prepare_day() -> None:
    """Publish the hashes of today and tomorrow, and the seeds of the days before; safe to run at any time.
    The caller commits."""
    day = calendar.today()
    for coming in (day, day + ONE_DAY):
        seed = secrets.token_hex(32)
        region_sql(
            "INSERT INTO workflow_draw_days (region_id, id, day, seed_hash, seed_sealed)"
            " VALUES (:region_id, :id, :day, :hash, :sealed) ON CONFLICT (region_id, day) DO NOTHING",
            id=uuid7(), day=coming, hash=hashlib.sha256(seed.encode()).hexdigest(),
            sealed=Sealer().seal(seed, COLUMN),
        )  # fmt: skip
    past = region_sql(
        "SELECT id, seed_sealed FROM workflow_draw_days WHERE region_id = :region_id AND day < :day AND seed = ''",
        day=day,
    ).all()
    for row in past:
        region_sql(
            "UPDATE workflow_draw_days SET seed = :seed WHERE region_id = :region_id AND id = :id",
            id=row.id, seed=unseal(bytes(row.seed_sealed), COLUMN),
        )  # fmt: skip


def draw(file: WorkflowFile, duty: str, count: int, among: list[UUID] | None = None) -> list[UUID]:
    """Assign `count` people of a duty to a file by today's seed; the caller commits. Returns the accounts.

    Left out: its owner, who acted on it in another duty, who declared a conflict, who is assigned already.

    Raises:
        Refused: fewer candidates than places.
    """
    prepare_day()
    candidates = _candidates(file, duty, among)
    if len(candidates) < count:
        raise Refused(
            Refusal("calon-kurang", _("Calon yang bebas benturan hanya %(there)s; dibutuhkan %(needed)s.",
                                      there=len(candidates), needed=count))
        )  # fmt: skip
    row = region_sql(
        "SELECT id, seed_sealed FROM workflow_draw_days WHERE region_id = :region_id AND day = :day",
        day=calendar.today(),
    ).one()
    seed = unseal(bytes(row.seed_sealed), COLUMN)
    codes = {account: code_of(account) for account in candidates}
    chosen = sorted(candidates, key=lambda account: rank(seed, file.nomor, duty, codes[account]))[:count]
    for account in chosen:
        _assign(file, account, duty, DRAW, (row.id, ",".join(sorted(codes.values()))))
    return chosen


def _candidates(file: WorkflowFile, duty: str, among: list[UUID] | None) -> list[UUID]:
    rows = region_sql(
        "SELECT a.id FROM accounts a JOIN account_roles r ON r.region_id = :region_id AND r.account_id = a.id"
        " WHERE a.region_id = :region_id AND r.role = :duty AND a.state = 'AKTIF'"
        " AND a.id IS DISTINCT FROM CAST(:owner AS uuid)"
        " AND NOT EXISTS (SELECT 1 FROM workflow_steps s WHERE s.region_id = :region_id AND s.file_id = :file"
        "   AND s.duty NOT IN (:duty, '') AND a.id::text IN (s.actor, s.acting_for))"
        " AND NOT EXISTS (SELECT 1 FROM workflow_conflicts c WHERE c.region_id = :region_id AND c.file_id = :file"
        "   AND c.account_id = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM workflow_assignments n WHERE n.region_id = :region_id AND n.file_id = :file"
        "   AND n.account_id = a.id AND n.duty = :duty) ORDER BY a.id",
        file=file.id, duty=duty, owner=file.owner_id,
    ).scalars()  # fmt: skip
    return [account for account in rows if among is None or account in among]


def _assign(file: WorkflowFile, account: UUID, duty: str, how: str, drawn: tuple[UUID | None, str]) -> None:
    draw_id, candidates = drawn
    region_sql(
        "INSERT INTO workflow_assignments (region_id, id, file_id, account_id, duty, how, draw_id, candidates)"
        " VALUES (:region_id, :id, :file, :account, :duty, :how, :draw, :candidates)",
        id=uuid7(), file=file.id, account=account, duty=duty, how=how, draw=draw_id, candidates=candidates,
    )  # fmt: skip
    telling.assigned(file, account)
    audit.note("tugas.tetapkan", "workflow_file", file.id, after={"duty": duty, "account": str(account), "how": how})


def appoint(file: WorkflowFile, account: UUID, duty: str) -> None:
    """Assign somebody by name; the caller commits.

    Raises:
        Refused: he is not free to (role, other duty, conflict, owner) or is assigned already.
    """
    if account not in _candidates(file, duty, [account]):
        raise Refused(Refusal("calon", _("Orang ini tidak bebas untuk tugas itu pada berkas ini.")))
    _assign(file, account, duty, APPOINTED, (None, ""))


def take_next() -> WorkflowFile | None:
    """Give the actor the file that waits longest in one of his duties and that nobody has; the caller commits.

    Two officers who press at the same moment get two files.
    """
    mine = [duty for duty in people.duties() if not duty.acting_for]
    for duty in mine:
        if (file := _oldest_free(duty.role)) is not None:
            _assign(file, UUID(current().actor), duty.role, QUEUE, (None, ""))
            return file
    return None


def _oldest_free(role: str) -> WorkflowFile | None:
    states = queue.my_states([role])
    if not states:
        return None
    rows = region_sql(
        "SELECT f.id FROM workflow_files f WHERE f.region_id = :region_id AND f.ended_on IS NULL"
        " AND (f.process, f.version, f.state) IN (SELECT * FROM unnest(CAST(:codes AS text[]),"
        "   CAST(:versions AS bigint[]), CAST(:states AS text[])))"
        " AND f.owner_id IS DISTINCT FROM CAST(:me AS uuid)"
        " AND NOT EXISTS (SELECT 1 FROM workflow_assignments a WHERE a.region_id = :region_id AND a.file_id = f.id"
        "   AND a.duty = :role AND a.ended_at IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM workflow_assignments a WHERE a.region_id = :region_id AND a.file_id = f.id"
        "   AND a.duty = :role AND a.account_id = CAST(:me AS uuid))"
        " AND NOT EXISTS (SELECT 1 FROM workflow_conflicts c WHERE c.region_id = :region_id AND c.file_id = f.id"
        "   AND c.account_id = CAST(:me AS uuid))"
        " AND NOT EXISTS (SELECT 1 FROM workflow_steps s WHERE s.region_id = :region_id AND s.file_id = f.id"
        "   AND s.duty NOT IN (:role, '') AND :me IN (s.actor, s.acting_for))"
        " ORDER BY f.public_since NULLS LAST, f.id LIMIT 1 FOR UPDATE OF f SKIP LOCKED",
        codes=[code for code, _version, _state in states], versions=[version for _code, version, _state in states],
        states=[state for _code, _version, state in states], role=role, me=current().actor,
    )  # fmt: skip
    found = rows.scalar_one_or_none()
    return db.session.scalars(select(WorkflowFile).where(WorkflowFile.id == found)).one() if found else None


def declare_conflict(file: WorkflowFile, reason: str) -> None:
    """Note the actor's conflict of interest; what was assigned to him ends, and a drawn place is drawn again.
    The caller commits.

    Raises:
        Refused: no reason was given, or nobody is left to take his place.
    """
    if not reason.strip():
        raise Refused(Refusal("reason", _("Tulis hubungan Anda dengan pemohon.")))
    me = UUID(current().actor)
    region_sql(
        "INSERT INTO workflow_conflicts (region_id, id, file_id, account_id, reason)"
        " VALUES (:region_id, :id, :file, :me, :reason) ON CONFLICT (region_id, file_id, account_id) DO NOTHING",
        id=uuid7(), file=file.id, me=me, reason=reason.strip(),
    )  # fmt: skip
    ended = region_sql(
        "UPDATE workflow_assignments SET ended_at = clock_timestamp(), reason = 'benturan kepentingan'"
        " WHERE region_id = :region_id AND file_id = :file AND account_id = :me AND ended_at IS NULL"
        " RETURNING duty, how",
        file=file.id, me=me,
    ).all()
    audit.note("tugas.benturan", "workflow_file", file.id, reason=reason)
    for row in ended:
        if row.how == DRAW:
            draw(file, row.duty, 1)


def draw_days() -> list[DrawDay]:
    """The latest days with their hashes and revealed seeds, newest first."""
    rows = region_sql(
        "SELECT id, day, seed_hash, seed FROM workflow_draw_days WHERE region_id = :region_id"
        " ORDER BY day DESC LIMIT :most",
        most=SHOWN_DAYS,
    )
    return [DrawDay(**row) for row in rows.mappings()]


def drawn_on(day: DrawDay) -> list[Drawn]:
    """Every draw of a day, in order."""
    rows = region_sql(
        "SELECT f.nomor, a.duty, a.candidates, a.account_id FROM workflow_assignments a JOIN workflow_files f"
        " ON f.region_id = :region_id AND f.id = a.file_id WHERE a.region_id = :region_id AND a.draw_id = :draw"
        " ORDER BY a.id",
        draw=day.id,
    )
    return [Drawn(row.nomor, row.duty, row.candidates, code_of(row.account_id)) for row in rows]
