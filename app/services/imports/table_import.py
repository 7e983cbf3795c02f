"""The way every one-file dataset comes in: read row by row, check, write in batches, all in one transaction.

Memory does not grow with the file beyond one short digest a row. After the first refused row nothing more is written
(unless `partial`), but reading goes on, so that one run tells every error, up to MOST_ERRORS.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Executable, Table, literal_column, or_
from sqlalchemy.dialects.postgresql import insert

from app.services.imports.datasets import Column, ImportOrder, ImportReport, record_run
from app.services.imports.limits import TableError
from app.services.imports.rows import Cells, ImportRefused, RowError
from app.services.imports.tabular import open_table
from app.tenancy.context import current
from app.tenancy.database import db

BATCH = 1_000
MOST_ERRORS = 2_000
KEPT_REFUSALS = 10_000
Record = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """Where the rows of a dataset go.

    Attributes:
        table: the tenant table.
        key: columns that, with the region, say that two rows are the same thing.
    """

    table: Table
    key: tuple[str, ...]


@dataclass
class TableImport:
    """One import of one file.

    Attributes:
        dataset, columns: as published.
        parse: makes a record of a row's cells, noting errors in them and oddities in the report; None leaves it out.
        target: where records go; columns that a record does not hold stay as they are.
        check: asked once after the last row what the whole does not add up; notes it in the report.
        after: run after that, in the same transaction (sums, search index), not in a dry run.
    """

    dataset: str
    columns: tuple[Column, ...]
    parse: Callable[[Cells, ImportReport], Record | None]
    target: Target
    check: Callable[[ImportReport], None] = lambda _report: None
    after: Callable[[], None] = lambda: None
    _seen: dict[Hashable, bytes] = field(default_factory=dict)

    def run(self, order: ImportOrder) -> ImportReport:
        """Bring the file in.

        Raises:
            ImportRefused: some cells are bad and `partial` was not asked for; nothing was written.
            TableError: the file cannot be read.
        """
        report = ImportReport(self.dataset, dry_run=order.dry_run)
        errors: list[RowError] = []
        batch: list[Record] = []
        self._seen.clear()
        for row, raw in self._rows(order):
            report.rows += 1
            own: list[RowError] = []
            record = self._record(Cells(order.path.name, row, raw, own), report)
            if own:
                self._refuse(own, raw, report, errors)
            elif record is not None:
                batch.append(record)
            if len(batch) == BATCH:
                self._write(batch, order, report, refused=bool(errors))
            order.progress(1)
        self._write(batch, order, report, refused=bool(errors))
        return self._finish(order, report, errors)

    def _rows(self, order: ImportOrder) -> Iterator[tuple[int, dict[str, str]]]:
        with open_table(order.path, order.path.name) as table:
            if order.mapping:
                yield from order.mapping.apply(table)
                return
            missing = [column.name for column in self.columns if column.required and column.name not in table.header]
            if missing:
                text = f'Kolom "{missing[0]}" tidak ada; pakai --map bila tajuknya lain.'
                raise TableError("kolom-tidak-ada", text, 1, missing[0])
            yield from table

    def _record(self, cells: Cells, report: ImportReport) -> Record | None:
        for column in self.columns:
            if column.required and not cells.text(column.name):
                cells.fail(column.name, "E05" if column.name.endswith("legacy_id") else "E09", "wajib diisi")
        record = self.parse(cells, report)
        if record is None or cells.failed:
            return None
        key = tuple(record[name] for name in self.target.key)
        digest = hashlib.blake2b(cells.raw_text().encode(), digest_size=12).digest()
        before = self._seen.setdefault(key, digest)
        if before is digest:
            return record
        if before == digest:
            report.findings["baris yang sama persis dilewati"] += 1
        else:
            cells.fail(self.target.key[-1], "E06", "nomor ini sudah dipakai baris lain dengan isi berbeda")
        return None

    @staticmethod
    def _refuse(own: list[RowError], raw: dict[str, str], report: ImportReport, errors: list[RowError]) -> None:
        if len(report.rejects) < KEPT_REFUSALS:
            report.rejects.append((raw, own))
        errors.extend(own[: MOST_ERRORS - len(errors)])

    def _write(self, batch: list[Record], order: ImportOrder, report: ImportReport, *, refused: bool) -> None:
        records, batch[:] = list(batch), []
        if not records or (refused and not order.partial):
            return
        fresh, changed = upsert(self.target, records)
        report.new += fresh
        report.changed += changed

    def _finish(self, order: ImportOrder, report: ImportReport, errors: list[RowError]) -> ImportReport:
        if errors and not order.partial:
            db.session.rollback()
            raise ImportRefused(errors, report.rejects)
        report.refused = [str(error) for error in errors]
        self.check(report)
        if order.dry_run:
            db.session.rollback()
            return report
        self.after()
        record_run(order, report)
        db.session.commit()
        return report


def upsert(target: Target, records: list[Record]) -> tuple[int, int]:
    """Write records by their key; returns (new, changed). A row that is equal already is not touched."""
    region_id = current().region_id
    table, columns = target.table, [name for name in records[0] if name not in {"id", *target.key}]
    # A sealed value differs at each sealing; the hash beside it says whether it changed.
    compared = [table.c[name] for name in columns if not name.endswith("_sealed")]
    statement = insert(table)
    changed = or_(*(column.is_distinct_from(statement.excluded[column.name]) for column in compared))
    upserting: Executable = statement.on_conflict_do_update(
        index_elements=["region_id", *target.key],
        set_={name: statement.excluded[name] for name in columns},
        where=(table.c.region_id == region_id) & changed,
    ).returning(literal_column("xmax = 0"))
    rows = db.session.execute(upserting, [{"region_id": region_id, **record} for record in records])
    fresh = [bool(row[0]) for row in rows]
    return sum(fresh), len(fresh) - sum(fresh)
