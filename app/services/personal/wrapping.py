"""A new master key: every key of a region is wrapped anew. The keys themselves, and what they sealed, stay."""

from dataclasses import dataclass

from flask import current_app

from app.services.personal import keys
from app.services.personal.keys import BadSeal
from app.tenancy.database import db, region_sql
from config.settings import Settings

LIVE = (
    "SELECT id, purpose, version, wrapped FROM region_keys WHERE region_id = :region_id AND retired_at IS NULL"
    " ORDER BY purpose, version"
)


@dataclass(frozen=True)
class Wrapping:
    """Of the current region's live keys: how many, how many under an older master key, how many under none."""

    keys: int
    old: int
    unknown: int


def look() -> Wrapping:
    """How the current region's keys are wrapped."""
    settings: Settings = current_app.extensions["settings"]
    rows = region_sql(LIVE).all()
    generations = [_generation(settings, row) for row in rows]
    old = sum(1 for generation in generations if generation)
    return Wrapping(len(rows), old, generations.count(None))


def _generation(settings: Settings, row: object) -> int | None:
    try:
        return keys.unwrapped_by(settings, bytes(row.wrapped), row.purpose, row.version)[1]  # type: ignore[attr-defined]
    except BadSeal:
        return None


def rewrap() -> Wrapping:
    """Wrap the current region's keys with the present master key; the caller commits. Run twice, it does nothing twice.

    Keys that a room holds and that were never stored are stored first: without the old master key they could no longer
    be made. Returns how it was before.
    """
    settings: Settings = current_app.extensions["settings"]
    for key in keys.held_keys():
        keys.held(key.purpose)
    before = look()
    for row in region_sql(LIVE + " FOR UPDATE").all():
        if not _generation(settings, row):
            continue
        plain = keys.unwrap(settings, bytes(row.wrapped), row.purpose, row.version)
        region_sql(
            "UPDATE region_keys SET wrapped = :wrapped WHERE region_id = :region_id AND id = :id",
            id=row.id, wrapped=keys.wrap(settings, plain, row.purpose, row.version),
        )  # fmt: skip
    db.session.flush()
    return before
