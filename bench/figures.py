"""A figure: what was measured, against what, and whether it holds its goal."""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")
Pair = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """One line of results.json.

    Attributes:
        value: what the application does, in `unit`.
        against: what the control does, in the same unit; None for a figure that has a fixed limit.
        ratio: the median of the ratios value/against of pairs measured one after the other.
        goal: the limit in words; None for a figure that only explains another.
        ok: whether the goal is met; None without a goal.
    """

    name: str
    value: float
    unit: str
    against: float | None = None
    ratio: float | None = None
    goal: str | None = None
    ok: bool | None = None


def at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure with a fixed limit."""
    return Figure(name, rounded(value), unit, goal=f"value <= {limit:g}", ok=value <= limit)


def compared(
    name: str, pairs: Sequence[Pair], unit: str, *, most: float | None = None, least: float | None = None
) -> Figure:
    """A figure of interleaved pairs (application, control); `most` or `least` bounds their median ratio."""
    ratio = statistics.median(ours / control for ours, control in pairs)
    goal, ok = None, None
    if most is not None:
        goal, ok = f"ratio <= {most:g}", ratio <= most
    elif least is not None:
        goal, ok = f"ratio >= {least:g}", ratio >= least
    ours, control = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Figure(name, rounded(ours), unit, rounded(control), round(ratio, 3), goal, ok)


def rounded(value: float) -> float:
    """Four significant digits: more would be noise."""
    return float(f"{value:.4g}")


def interleaved(ours: Callable[[], float], control: Callable[[], float], turns: int) -> list[Pair]:
    """Measure both in turns; who goes first alternates, so that neither always finds the warmer machine."""
    pairs = []
    for turn in range(turns):
        if turn % 2:
            second = control()
            pairs.append((ours(), second))
        else:
            pairs.append((ours(), control()))
    return pairs


def say(text: str) -> None:
    """Tell whoever waits what is being measured."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {text}\n")
    sys.stdout.flush()


def line(figure: Figure) -> str:
    """One figure as a line of the table."""
    against = f" against {figure.against:g}" if figure.against is not None else ""
    ratio = f", ratio {figure.ratio:g}" if figure.ratio is not None else ""
    verdict = {True: "ok", False: "MISSED", None: "--"}[figure.ok]
    goal = f" (goal: {figure.goal})" if figure.goal else ""
    return f"{verdict:7} {figure.name:38} {figure.value:g} {figure.unit}{against}{ratio}{goal}"


def tell(figures: Iterable[Figure]) -> None:
    """Print figures as a room's own command does: an object of JSON a line."""
    for figure in figures:
        sys.stdout.write(json.dumps(asdict(figure), ensure_ascii=False) + "\n")


def write(figures: Iterable[Figure]) -> None:
    """Write results.json: a list of figures."""
    RESULTS.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n")
