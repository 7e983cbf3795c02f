"""What a change of parameters would do, before anybody adopts it: the rule run both ways, in a transaction that cannot
write."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text

from app.services.integrity import hits, scanning, tuning
from app.services.integrity.hits import Hit
from app.services.integrity.rules import RedFlag
from app.services.workflow import calendar
from app.tenancy.database import db

MOST_LISTED = 100


@dataclass(frozen=True)
class Effect:
    """Cases and subjects of one year before and after, and the references that would come and go."""

    year: int
    cases_before: int
    cases_after: int
    subjects_before: int
    subjects_after: int
    added: list[str]
    removed: list[str]
    unlisted: int


def effect(flag: RedFlag, typed: Mapping[str, str]) -> Effect:
    """Run a rule with the values in force and with the typed ones, and hold both against last year's data.

    Raises:
        Refused: a value that cannot be read.
    """
    # Before the first statement: what follows may not write, whatever a rule does.
    db.session.rollback()
    db.session.execute(text("SET TRANSACTION READ ONLY"))
    scanning.make_room()
    wanted, in_force = tuning.read_values(flag, typed), tuning.values_of(flag)
    before, after = hits.run(flag, in_force), hits.run(flag, wanted)
    db.session.rollback()
    year = _year([*before, *after])
    return _compare(year, _of(before, year), _of(after, year))


def _year(found: list[Hit]) -> int:
    """Last year; where the data end before it, their last year."""
    last = calendar.today().year - 1
    years = Counter(hit.year for hit in found if hit.year is not None)
    return last if last in years else max(years, default=last)


def _of(found: list[Hit], year: int) -> list[Hit]:
    return [hit for hit in found if hit.year in {year, None}]


def _refs(found: list[Hit]) -> set[str]:
    return {subject.ref for hit in found for subject in hit.subjects.values()}


def _compare(year: int, before: list[Hit], after: list[Hit]) -> Effect:
    old, new = _refs(before), _refs(after)
    added, removed = sorted(new - old), sorted(old - new)
    return Effect(
        year, len(before), len(after), len(old), len(new), added[:MOST_LISTED], removed[:MOST_LISTED],
        max(0, len(added) - MOST_LISTED) + max(0, len(removed) - MOST_LISTED),
    )  # fmt: skip
