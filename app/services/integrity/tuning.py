"""What a region changed of a rule's parameters: dated, with its reason, proposed by one person, approved by another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.integrity import precision
from app.services.integrity.parameters import BadValue
from app.services.integrity.rules import RedFlag
from app.services.ui.i18n import _
from app.services.workflow import calendar, four_eyes
from app.services.workflow.process import Refusal, Refused
from app.tenancy.context import current
from app.tenancy.database import region_sql


@dataclass(frozen=True)
class Change:
    """One proposed or approved change of one parameter."""

    id: UUID
    rule: str
    name: str
    value: str
    reason: str
    valid_from: date
    proposed_by: UUID
    proposed_at: datetime
    approved_at: datetime | None


@dataclass(frozen=True)
class Wanted:
    """A change that somebody asks for, as typed."""

    value: str
    reason: str
    valid_from: date


def defaults(flag: RedFlag) -> dict[str, Any]:
    """The values of the rule's own table."""
    return {param.name: param.default for param in flag.tunable}


def values_of(flag: RedFlag) -> dict[str, Any]:
    """What is in force for a rule today in this region."""
    return all_values([flag])[flag.code]


def all_values(flags: list[RedFlag]) -> dict[str, dict[str, Any]]:
    """What is in force for each rule today, by rule; a stored value that no longer fits its parameter is left out."""
    approved: dict[tuple[str, str], str] = {
        (row.rule, row.name): row.value
        for row in region_sql(
            "SELECT DISTINCT ON (rule, name) rule, name, value FROM integrity_settings WHERE region_id = :region_id"
            " AND approved_at IS NOT NULL AND valid_from <= :day ORDER BY rule, name, valid_from DESC",
            day=calendar.today(),
        )
    }
    found = {}
    for flag in flags:
        found[flag.code] = defaults(flag)
        for param in flag.tunable:
            if (text := approved.get((flag.code, param.name))) is not None:
                try:
                    found[flag.code][param.name] = param.read(text)
                except BadValue:
                    continue
    return found


def read_values(flag: RedFlag, typed: Mapping[str, str]) -> dict[str, Any]:
    """The values in force with what was typed in their place; empty means unchanged.

    Raises:
        Refused: one refusal for each bad value, its code the parameter's name.
    """
    values, problems = values_of(flag), []
    for param in flag.tunable:
        if text := typed.get(param.name, "").strip():
            try:
                values[param.name] = param.read(text)
            except BadValue as error:
                problems.append(Refusal(param.name, str(error)))
    if problems:
        raise Refused(*problems)
    return values


def changes_of(flag: RedFlag) -> list[Change]:
    """Every change of a rule, newest first."""
    rows = region_sql(
        "SELECT id, rule, name, value, reason, valid_from, proposed_by_id AS proposed_by, proposed_at, approved_at"
        " FROM integrity_settings WHERE region_id = :region_id AND rule = :rule ORDER BY proposed_at DESC, name",
        rule=flag.code,
    )
    return [Change(**row) for row in rows.mappings()]


def propose(flag: RedFlag, typed: Mapping[str, str], reason: str, valid_from: date) -> int:
    """Propose every typed value that differs from what is in force; returns how many. The caller commits.

    Raises:
        Refused: a bad value, no reason, a day that has passed, nothing changed, or the day has a change already.
    """
    before, wanted = values_of(flag), read_values(flag, typed)
    changed = [param for param in flag.tunable if wanted[param.name] != before[param.name]]
    if not reason.strip():
        raise Refused(Refusal("alasan", _("Tulis alasannya, misalnya pasal Perwal atau hasil peninjauan temuan.")))
    if valid_from < calendar.today():
        raise Refused(Refusal("berlaku", _("Perubahan berlaku paling cepat hari ini.")))
    if not changed:
        raise Refused(Refusal("nilai", _("Tidak ada nilai yang berubah.")))
    for param in changed:
        _insert(flag, param.name, Wanted(param.write(wanted[param.name]), reason.strip(), valid_from))
    return len(changed)


def _insert(flag: RedFlag, name: str, wanted: Wanted) -> None:
    made = four_eyes.added(region_sql(
        "INSERT INTO integrity_settings (region_id, id, rule, name, value, reason, valid_from, proposed_by_id)"
        " VALUES (:region_id, :id, :rule, :name, :value, :reason, :day, :actor)"
        " ON CONFLICT (region_id, rule, name, valid_from) DO NOTHING RETURNING id",
        id=uuid7(), rule=flag.code, name=name, value=wanted.value, reason=wanted.reason, day=wanted.valid_from,
        actor=UUID(current().actor),
    ).scalar_one_or_none())  # fmt: skip
    audit.note(
        "integritas.usul", "integrity_setting", made, reason=wanted.reason,
        after={"rule": flag.code, "name": name, "value": wanted.value},
    )  # fmt: skip


def approve(number: UUID) -> str:
    """Approve what somebody else proposed; a rule that had paused itself runs again. Returns the rule. The caller
    commits.

    Raises:
        Refused: see `four_eyes.approve`.
    """
    row = four_eyes.approve("integrity_settings", number)
    audit.note(
        "integritas.setujui", "integrity_setting", number,
        after={"rule": row["rule"], "name": row["name"], "value": row["value"]},
    )  # fmt: skip
    precision.resume(row["rule"], _("Parameter diubah."))
    return str(row["rule"])
