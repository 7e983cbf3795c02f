"""The arithmetic behind the drawn components; templates only place what is computed here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import accumulate
from typing import NamedTuple

from app.services.ui.formats import local

SERIES = 6


class Bar(NamedTuple):
    label: object
    value: int | float | None
    url: str | None
    width: str


class Part(NamedTuple):
    label: object
    value: int | float
    series: int
    start: str
    width: str
    share: float


class Amount(NamedTuple):
    label: object
    amount: int | None
    width: str
    change: int | None


def attribute(row: object, name: str, position: int) -> object:
    """A row may be a tuple, a mapping or an object: pages hand over what their query returns."""
    if isinstance(row, Mapping):
        return row.get(name)
    if hasattr(row, name):
        return getattr(row, name)
    if isinstance(row, Sequence) and position < len(row):
        return row[position]
    return None


def number(value: object) -> int | float | None:
    return (
        None if value is None else value if isinstance(value, (int, float)) else float(str(value))
    )


def percent(value: float, whole: float) -> str:
    return f"{max(0.0, min(100.0, 100 * value / whole)) if whole else 0:.2f}%"


def bars(rows: Iterable[object], maximum: float | None = None) -> list[Bar]:
    """Rows (label, value, url) with the width of each bar; the longest fills the line."""
    read = [
        (attribute(row, "label", 0), number(attribute(row, "value", 1)), attribute(row, "url", 2))
        for row in rows
    ]
    longest = maximum or max((value or 0 for _, value, _ in read), default=0)
    return [
        Bar(label, value, str(url) if url else None, percent(value or 0, longest))
        for label, value, url in read
    ]


def shares(rows: Iterable[object]) -> list[Part]:
    """Rows (label, value) as parts of one bar. Parts beyond the sixth keep the last colour."""
    read = [(attribute(row, "label", 0), number(attribute(row, "value", 1)) or 0) for row in rows]
    whole = sum(value for _, value in read)
    starts = [0, *accumulate(value for _, value in read)]
    return [
        Part(
            label,
            value,
            min(i, SERIES),
            percent(start, whole),
            percent(value, whole),
            value / whole if whole else 0,
        )
        for i, ((label, value), start) in enumerate(zip(read, starts, strict=False), start=1)
    ]


def ladder(rows: Iterable[object]) -> list[Amount]:
    """Rows (label, amount) against the largest, each with its change from the last known step."""
    read = [(attribute(row, "label", 0), attribute(row, "amount", 1)) for row in rows]
    amounts = [(label, int(str(amount)) if amount is not None else None) for label, amount in read]
    largest = max((amount or 0 for _, amount in amounts), default=0)
    steps: list[Amount] = []
    before: int | None = None
    for label, amount in amounts:
        change = amount - before if amount is not None and before is not None else None
        steps.append(Amount(label, amount, percent(amount or 0, largest), change))
        before = before if amount is None else amount
    return steps


def page_window(page: int, pages: int, around: int = 1) -> list[int | None]:
    """Page numbers to offer: first, last and the neighbours; None where numbers are left out."""
    near = range(page - around, page + around + 1)
    shown = sorted({1, pages, *(n for n in near if 1 <= n <= pages)})
    window: list[int | None] = []
    for n, before in zip(shown, [0, *shown], strict=False):
        gap = n - before - 1
        if gap == 1:
            window.append(n - 1)
        elif gap > 1:
            window.append(None)
        window.append(n)
    return window


def recorded_later(event: date | None, recorded: datetime | None) -> bool:
    """An event was written down on a later day (in the region's zone) than it happened."""
    if event is None or recorded is None:
        return False
    happened = local(event).date() if isinstance(event, datetime) else event
    return local(recorded).date() > happened


def error_list(errors: object) -> list[tuple[str, str]]:
    """(field id, message) from a WTForms `form`, its `errors`, or a list of such pairs."""
    found = getattr(errors, "errors", errors) or {}
    if not isinstance(found, Mapping):
        return [(str(field or ""), str(message)) for field, message in found]  # type: ignore[attr-defined]
    return [
        (str(field or ""), str(message))
        for field, messages in found.items()
        for message in ([messages] if isinstance(messages, str) else messages)
    ]


def initials(name: str) -> str:
    """Letters on the placeholder shield: Kota Bandung -> B, Kabupaten Lombok Timur -> LT."""
    kinds = {"kota", "kabupaten", "provinsi", "kab.", "administrasi", "adm."}
    words = [word for word in name.split() if word.lower() not in kinds] or name.split()
    return "".join(word[0] for word in words[:2]).upper()


HELPERS = {
    "ui_bars": bars,
    "ui_shares": shares,
    "ui_ladder": ladder,
    "ui_page_window": page_window,
    "ui_recorded_later": recorded_later,
    "ui_errors": error_list,
    "ui_initials": initials,
}
