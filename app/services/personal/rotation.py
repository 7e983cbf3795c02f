"""A new data key for a region: every sealed value is sealed again, in batches, while people work.

From the moment the new key is there, everything new is sealed with it. A rotation that was killed is taken up where it
stopped, because what is still under an older key is known by its first two bytes. An older key is emptied only when
nothing has been under it for a day: a long import that read it before the rotation has ended by then.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.services.personal import keys
from app.services.personal.keys import DATA, FILES, BadSeal
from app.services.personal.sealed import SealedColumn, sealed_columns, unregistered
from app.services.personal.sealing import VERSION_BYTES, Sealer, unseal
from app.tenancy.database import db, region_sql

BATCH = 200
GRACE_HOURS = 24
Progress = Callable[[int], None]


class NotRotated(RuntimeError):
    """The region's key cannot be changed; the message says what to do."""


@dataclass(frozen=True)
class Rotation:
    """What was done: the key's number, whether an earlier rotation was taken up, values sealed again, values that no
    key opens (they stay as they are, and keep their key)."""

    version: int
    resumed: bool
    resealed: int
    unreadable: int


def _older(column: SealedColumn) -> str:
    """SQL: the rows of this region that are under an older key than `:version` (two bytes)."""
    return (
        f"FROM {column.table} WHERE region_id = :region_id AND {column.column} IS NOT NULL"
        f" AND substring({column.column} FROM 1 FOR {VERSION_BYTES}) < :version"
    )


def _bytes(version: int) -> bytes:
    return version.to_bytes(VERSION_BYTES, "big")


def waiting(version: int) -> int:
    """How many values of the current region are under an older key."""
    counts = (region_sql(f"SELECT count(*) {_older(column)}", version=_bytes(version)) for column in sealed_columns())
    return sum(int(count.scalar_one()) for count in counts)


def _readable(column: SealedColumn, version: int) -> bool:
    """Whether there is something to seal again; what no key opens must not keep a region from getting a new one."""
    rows = region_sql(
        f"SELECT {column.column} AS sealed {_older(column)} ORDER BY id LIMIT :limit",
        version=_bytes(version), limit=BATCH,
    )  # fmt: skip
    return any(_opened(bytes(row.sealed), column) is not None for row in rows)


def _opened(sealed: bytes, column: SealedColumn) -> str | None:
    try:
        return unseal(sealed, column.sealed_as)
    except BadSeal:
        return None


def begin() -> tuple[int, bool]:
    """The key to bring everything to, and whether it was there: an unfinished rotation goes on; commits.

    Raises:
        NotRotated: the schema holds a sealed column that nobody registered.
    """
    if missing := unregistered():
        raise NotRotated(f"Kolom tersegel belum didaftarkan (register_sealed): {', '.join(missing)}.")
    newest = keys.newest(DATA).version
    unfinished = any(_readable(column, newest) for column in sealed_columns())
    if not unfinished:
        newest += 1
        keys.add_key(DATA, newest)
        keys.add_key(FILES, keys.newest(FILES).version + 1)
    db.session.commit()
    return newest, unfinished


def finish(version: int, progress: Progress = lambda _values: None) -> tuple[int, int]:
    """Seal again what is under an older key: (values sealed again, values that no key opens). Commits as it goes."""
    resealed = unreadable = 0
    for column in sealed_columns():
        for done, failed in _reseal(column, version):
            resealed, unreadable = resealed + done, unreadable + failed
            progress(done + failed)
    return resealed, unreadable


def rotate(progress: Progress = lambda _values: None) -> Rotation:
    """Give the current region a new data key, or finish giving it one. Raises: see `begin`."""
    version, resumed = begin()
    return Rotation(version, resumed, *finish(version, progress))


def _reseal(column: SealedColumn, version: int) -> Iterator[tuple[int, int]]:
    last = None
    while True:
        rows = region_sql(
            f"SELECT id, {column.column} AS sealed {_older(column)} AND (CAST(:last AS uuid) IS NULL OR id > :last)"
            " ORDER BY id LIMIT :limit FOR UPDATE",
            version=_bytes(version), last=last, limit=BATCH,
        ).all()  # fmt: skip
        if not rows:
            db.session.rollback()
            return
        sealer, done = Sealer(), 0
        for row in rows:
            value = _opened(bytes(row.sealed), column)
            if value is None:
                continue
            region_sql(
                f"UPDATE {column.table} SET {column.column} = :sealed WHERE region_id = :region_id AND id = :id",
                id=row.id, sealed=sealer.seal(value, column.sealed_as),
            )  # fmt: skip
            done += 1
        db.session.commit()
        last = rows[-1].id
        yield done, len(rows) - done


def retire() -> list[int]:
    """Empty the older data keys of the current region that nothing is under any more; the caller commits.

    Returns their numbers. None is emptied within a day of its successor's making, or while anything is under one.
    """
    newest = keys.newest(DATA).version
    if unregistered() or waiting(newest):
        return []
    rows = region_sql(
        "UPDATE region_keys k SET wrapped = '', retired_at = clock_timestamp() WHERE region_id = :region_id"
        " AND purpose = :purpose AND version < :newest AND retired_at IS NULL AND EXISTS (SELECT 1 FROM region_keys s"
        " WHERE s.region_id = :region_id AND s.purpose = :purpose AND s.version = :newest"
        " AND s.created_at < clock_timestamp() - make_interval(hours => :hours)) RETURNING version",
        purpose=DATA, newest=newest, hours=GRACE_HOURS,
    )  # fmt: skip
    return sorted(rows.scalars())
