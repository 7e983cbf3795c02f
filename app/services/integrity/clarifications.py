"""Hearing those whom a finding concerns, before anything is decided: who is asked, by when, what he answers."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from app.kernel.identifiers import uuid7
from app.services import audit, messages
from app.services.identity import accounts
from app.services.integrity import subjects
from app.services.integrity.models import Clarification, Finding
from app.services.ui.formats import tanggal
from app.services.ui.i18n import _, lazy
from app.services.workflow import calendar, people
from app.services.workflow.process import Order, Refusal, Refused, process_of
from app.services.workflow.settings import rules_on
from app.tenancy.context import current
from app.tenancy.database import db, region_sql

BY_ACCOUNT, BY_LETTER = "pemohon", "surat"
#: Offices whose acts findings are about; each answers through any account that has the role.
OFFICES = ("tu", "opd_kepala", "timbang", "tapd", "bendahara", "pimpinan", "verifikator_lpj")
#: What tells whoever is asked; the law wants him heard, so nobody switches it off.
ASKED = messages.Event(
    "integritas.klarifikasi",
    lazy("Inspektorat meminta klarifikasi"),
    {
        "id": messages.Text(
            "Inspektorat meminta klarifikasi Anda sampai {batas}",
            "Halo {nama},\n\nInspektorat {daerah} meminta penjelasan Anda tentang {nomor} sampai {batas}. Ini indikasi,"
            " bukan putusan: jawaban Anda dibaca sebelum apa pun diputuskan.",
        ),
        "en": messages.Text(
            "The inspectorate asks for your answer by {batas}",
            "Hello {nama},\n\nThe inspectorate of {daerah} asks you to explain {nomor} by {batas}. This is an"
            " indication, not a verdict: your answer is read before anything is decided.",
        ),
    },
    {"nomor": "R10-0123456789", "batas": "1 November 2026"},
    required=True,
)
LONGEST_ANSWER = 8_000
MOST_TOLD = 100


@dataclass(frozen=True)
class Question:
    """One question as the one who was asked reads it."""

    id: UUID
    finding_id: UUID
    account_id: UUID | None
    nomor: str
    rule: str
    asked_of: str
    question: str
    asked_on: date
    due_on: date
    answer: str
    answered_on: date | None


def _subjects(finding_id: UUID) -> list[tuple[str, str]]:
    rows = region_sql(
        "SELECT subject_type, subject FROM integrity_subjects WHERE region_id = :region_id AND finding_id = :id"
        " AND present",
        id=finding_id,
    )
    return [(row.subject_type, row.subject) for row in rows]


def addressees(finding: Finding) -> list[tuple[str, str]]:
    """Who may be asked: those with an account who answer for the subjects, an office, or somebody by letter."""
    count = len(set(subjects.answering(_subjects(finding.id)).values()))
    own = [(BY_ACCOUNT, _("Pemilik berkas, lewat akunnya (%(n)s)", n=count))] if count else []
    names = accounts.role_names()
    return [
        *own,
        (BY_LETTER, _("Yang bersangkutan, lewat surat")),
        *((role, names.get(role, role)) for role in OFFICES),
    ]


def ask(finding: Finding, whom: str, question: str) -> None:
    """Put a question; each account that answers for a subject gets its own. Part of the act that moves the finding."""
    today = calendar.today()
    process = process_of("temuan", 1)
    days = rules_on(process, today).limit("KLARIFIKASI") or 0
    due = calendar.region_calendar().add(today, days)
    base = {"finding_id": finding.id, "question": question, "asked_on": today, "due_on": due}
    told: list[UUID] = []
    if whom == BY_ACCOUNT:
        told = sorted(set(subjects.answering(_subjects(finding.id)).values()))
        for account in told:
            db.session.add(Clarification(id=uuid7(), account_id=account, asked_of=_("Pemilik berkas"), **base))
    else:
        role = whom if whom in OFFICES else ""
        told = _holders(role)
        asked_of = accounts.role_names().get(role, role) if role else _("Yang bersangkutan, lewat surat")
        db.session.add(Clarification(id=uuid7(), role=role, asked_of=asked_of, **base))
    db.session.flush()
    messages.notify(ASKED.code, told, {"nomor": finding.nomor, "batas": tanggal(due)}, "/klarifikasi")


def _holders(role: str) -> list[UUID]:
    rows = region_sql("SELECT account_id FROM account_roles WHERE region_id = :region_id AND role = :role", role=role)
    return list(rows.scalars())


def heard(finding: Any, _order: Order) -> Refusal | None:
    """Whether everybody who was asked has answered, or has let his time pass: a guard of the process."""
    waiting = select(Clarification.id).where(
        Clarification.finding_id == finding.id, Clarification.answered_on.is_(None),
        Clarification.due_on >= calendar.today(),
    )  # fmt: skip
    if db.session.scalars(waiting).first() is not None:
        return Refusal("belum-didengar", _("Yang ditanya belum menjawab dan batas waktunya belum lewat."))
    return None


_SHOWN = (
    Clarification.id, Clarification.finding_id, Clarification.account_id, Finding.nomor, Finding.rule,
    Clarification.asked_of, Clarification.question, Clarification.asked_on, Clarification.due_on, Clarification.answer,
    Clarification.answered_on,
)  # fmt: skip


def _questions(*conditions: Any) -> list[Question]:
    same = and_(Finding.region_id == Clarification.region_id, Finding.id == Clarification.finding_id)
    statement = select(*_SHOWN).join(Finding, same).where(*conditions).order_by(Clarification.id.desc())
    return [Question(*row) for row in db.session.execute(statement)]


def of_finding(finding_id: UUID) -> list[Question]:
    """Every question about a finding, newest first."""
    return _questions(Clarification.finding_id == finding_id)


def _mine() -> Any:
    roles = [duty.role for duty in people.duties()]
    allowed = [
        Clarification.account_id == UUID(current().actor),
        and_(Clarification.role != "", Clarification.role.in_(roles)),
    ]
    if "inspektorat" in roles:
        allowed.append(and_(Clarification.account_id.is_(None), Clarification.role == ""))
    return or_(*allowed)


def mine() -> list[Question]:
    """What the signed-in account was asked, or may answer for its office (the inspectorate for what came by letter)."""
    return _questions(_mine())


def one_of_mine(number: UUID) -> Question | None:
    """A question that the signed-in account may answer."""
    return next(iter(_questions(Clarification.id == number, _mine())), None)


def about(question: Question) -> list[str]:
    """The references that a question is about: for an applicant his own only, for an office all (at most MOST_TOLD)."""
    rows = region_sql(
        "SELECT subject_type, subject, ref FROM integrity_subjects WHERE region_id = :region_id AND finding_id = :id"
        " AND present ORDER BY ref",
        id=question.finding_id,
    ).all()
    if question.account_id is None:
        return [row.ref for row in rows[:MOST_TOLD]]
    owned = subjects.answering((row.subject_type, row.subject) for row in rows)
    return [row.ref for row in rows if owned.get((row.subject_type, row.subject)) == question.account_id][:MOST_TOLD]


def answer(number: UUID, text: str) -> None:
    """Answer once; commits.

    Raises:
        Refused: empty, too long, answered already, or not this account's to answer.
    """
    if one_of_mine(number) is None:
        raise LookupError(number)
    if not text.strip() or len(text) > LONGEST_ANSWER:
        raise Refused(Refusal("jawaban", _("Tulis jawaban, paling banyak %(most)s huruf.", most=LONGEST_ANSWER)))
    changed = region_sql(
        "UPDATE integrity_clarifications SET answer = :answer, answered_on = :day WHERE region_id = :region_id"
        " AND id = :id AND answered_on IS NULL",
        id=number, answer=text.strip(), day=calendar.today(),
    ).rowcount  # fmt: skip
    if not changed:
        db.session.rollback()
        raise Refused(Refusal("jawaban", _("Pertanyaan ini sudah dijawab.")))
    audit.note("integritas.jawab", "integrity_clarification", number)
    db.session.commit()
