"""The datasets that `flask data import` knows: modules register theirs, the command walks the registry."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.imports.mapping import Mapping, load_mapping
from app.services.imports.rows import Progress, Reject
from app.tenancy.database import region_sql


@dataclass(frozen=True)
class Column:
    """One published column. `kind` as people read it: teks, rupiah, tanggal, bilangan, or the allowed words."""

    name: str
    kind: str = "teks"
    required: bool = False
    help: str = ""


@dataclass(frozen=True)
class ImportOrder:
    """One import that was asked for.

    Attributes:
        path: the file, or the folder of a dataset of several files.
        actor: who imports (`sistem:impor` or an account id).
        mapping: how foreign headers become the published columns; None when the file has those already.
        drop_doubles: leave out lines that repeat an earlier line exactly.
        accept_reason: why the operator takes data that do not add up; empty: he does not.
        partial: write the good rows although others were refused.
        progress: called with the number of rows done since the last call.
    """

    path: Path
    actor: str = "sistem:impor"
    dry_run: bool = False
    mapping: Mapping | None = None
    drop_doubles: bool = False
    accept_reason: str = ""
    partial: bool = False
    progress: Progress = lambda _rows: None


@dataclass
class ImportReport:
    """What an import found and did.

    Attributes:
        totals: sums in rupiah by what they are the sum of.
        findings: how often each oddity of the source was met; it was imported as it is.
        details: one line each, for the operator.
        refused: one line for each refused row (only with `partial`); rejects: those rows as they stood in the file.
    """

    dataset: str
    rows: int = 0
    new: int = 0
    changed: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    findings: Counter[str] = field(default_factory=Counter)
    details: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    dry_run: bool = False

    def as_json(self) -> str:
        """The report as one JSON object."""
        shown = {name: value for name, value in vars(self).items() if name != "rejects"}
        return json.dumps(shown, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class Dataset:
    """One kind of file that a region can bring in; `folder`: it is several files side by side."""

    name: str
    summary: str
    columns: tuple[Column, ...]
    run: Callable[[ImportOrder], ImportReport]
    example: str = ""
    folder: bool = False


_datasets: dict[str, Dataset] = {}


def register_dataset(dataset: Dataset) -> None:
    """Make `dataset` importable (by its name, once)."""
    _datasets[dataset.name] = dataset


def datasets() -> dict[str, Dataset]:
    """Every registered dataset by name."""
    return dict(sorted(_datasets.items()))


def stored_mapping(dataset: str) -> Mapping | None:
    """The mapping that this region used last for `dataset`, so that next year is one command."""
    row = region_sql(
        "SELECT toml FROM import_mappings WHERE region_id = :region_id AND dataset = :dataset", dataset=dataset
    ).scalar_one_or_none()
    return load_mapping(row) if row else None


def keep_mapping(dataset: str, toml: str, actor: str) -> None:
    """Remember `toml` as this region's mapping for `dataset`; the import's own transaction commits it."""
    region_sql(
        "INSERT INTO import_mappings (region_id, id, dataset, toml, actor) VALUES (:region_id, :id, :dataset, :toml,"
        " :actor) ON CONFLICT (region_id, dataset) DO UPDATE SET toml = excluded.toml, actor = excluded.actor,"
        " saved_at = clock_timestamp()",
        id=uuid7(), dataset=dataset, toml=toml, actor=actor,
    )  # fmt: skip


def record_run(order: ImportOrder, report: ImportReport, *files: Path) -> None:
    """Write down that these files came in, with their hash; the import's own transaction commits it."""
    digest, number = _sha256_of(files or (order.path,)), uuid7()
    region_sql(
        "INSERT INTO import_runs (region_id, id, dataset, file_name, sha256, actor, rows_read, rows_new, report)"
        " VALUES (:region_id, :id, :dataset, :name, :digest, :actor, :rows, :new, :report)",
        id=number, dataset=report.dataset, name=order.path.name, digest=digest, actor=order.actor,
        rows=report.rows, new=report.new, report=report.as_json(),
    )  # fmt: skip
    audit.note(
        "impor.selesai", "import_run", number, reason=order.accept_reason,
        after={"dataset": report.dataset, "sha256": digest, "rows": report.rows, "new": report.new},
    )  # fmt: skip


def _sha256_of(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1024 * 1024):
                digest.update(chunk)
    return digest.hexdigest()
