"""Consents: who agreed to which text, for which purpose, when, how, and when it was taken back.

Source: UU 27/2022 (PDP) articles 20 to 22 (consent, in a form that can be shown), 9 (it may be withdrawn).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.ui.i18n import Lazy
from app.tenancy.context import current as context
from app.tenancy.database import region_sql

#: How a consent came: on a page, on paper, or made up for a demonstration.
WEB, PAPER, DEMO = "web", "kertas", "peragaan"


@dataclass(frozen=True)
class Purpose:
    """What is agreed to: `version` of a text that lies in the template `privacy/persetujuan/<code>-<version>.html`."""

    code: str
    title: Lazy
    version: str

    def template(self, version: str = "") -> str:
        """Where a version's text lies; old versions stay, because people agreed to them."""
        return f"privacy/persetujuan/{self.code}-{version or self.version}.html"


@dataclass(frozen=True)
class Consent:
    """One consent; `withdrawn_at` is None while it is in force."""

    purpose: str
    text_version: str
    channel: str
    given_at: datetime
    withdrawn_at: datetime | None


_purposes: dict[str, Purpose] = {}


def register_purpose(purpose: Purpose) -> None:
    """Make `purpose` something to agree to (by its code, once)."""
    _purposes[purpose.code] = purpose


def purposes() -> dict[str, Purpose]:
    """Every registered purpose, by code."""
    return dict(sorted(_purposes.items()))


def history(subject_type: str, subject_ref: UUID | str) -> list[Consent]:
    """Every consent of a subject, newest first."""
    rows = region_sql(
        "SELECT purpose, text_version, channel, given_at, withdrawn_at FROM consents WHERE region_id = :region_id"
        " AND subject_type = :type AND subject_ref = :ref ORDER BY given_at DESC, id DESC",
        type=subject_type, ref=str(subject_ref),
    )  # fmt: skip
    return [Consent(**row) for row in rows.mappings()]


def current(subject_type: str, subject_ref: UUID | str, purpose: str) -> Consent | None:
    """The consent in force, to whichever version of the text; None when there is none."""
    given = (one for one in history(subject_type, subject_ref) if one.purpose == purpose)
    return next((one for one in given if one.withdrawn_at is None), None)


def is_given(subject_type: str, subject_ref: UUID | str, purpose: str) -> bool:
    """Whether the subject agreed to the present text."""
    found = current(subject_type, subject_ref, purpose)
    return found is not None and found.text_version == _purposes[purpose].version


def give(subject_type: str, subject_ref: UUID | str, purpose: str, channel: str = WEB) -> None:
    """Record a consent to the present text; one to an older text ends with it. The caller commits."""
    if is_given(subject_type, subject_ref, purpose):
        return
    _end(subject_type, subject_ref, purpose)
    version = _purposes[purpose].version
    given = region_sql(
        "INSERT INTO consents (region_id, id, subject_type, subject_ref, purpose, text_version, channel)"
        " VALUES (:region_id, :id, :type, :ref, :purpose, :version, :channel) ON CONFLICT (region_id, subject_type,"
        " subject_ref, purpose) WHERE withdrawn_at IS NULL DO NOTHING",
        id=uuid7(), type=subject_type, ref=str(subject_ref), purpose=purpose, version=version, channel=channel,
    )  # fmt: skip
    if given.rowcount:
        told = {"tujuan": purpose, "versi": version, "saluran": channel}
        audit.note("persetujuan.beri", subject_type, subject_ref, after=told)


def withdraw(subject_type: str, subject_ref: UUID | str, purpose: str) -> bool:
    """End the consent in force; whether there was one. The caller commits."""
    if not _end(subject_type, subject_ref, purpose):
        return False
    audit.note("persetujuan.tarik", subject_type, subject_ref, after={"tujuan": purpose})
    return True


def _end(subject_type: str, subject_ref: UUID | str, purpose: str) -> bool:
    ended = region_sql(
        "UPDATE consents SET withdrawn_at = clock_timestamp(), withdrawn_by = :actor WHERE region_id = :region_id"
        " AND subject_type = :type AND subject_ref = :ref AND purpose = :purpose AND withdrawn_at IS NULL",
        type=subject_type, ref=str(subject_ref), purpose=purpose, actor=context().actor,
    )  # fmt: skip
    return bool(ended.rowcount)
