"""What a process is: one declarative table. The buttons, checks, queue, diagram and tests are all read from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.services.ui.i18n import Lazy

#: Target of an answer to a return: the state that returned the file.
BACK = "«keadaan yang mengembalikan»"
SYSTEM, OWNER = "sistem", "pemohon"


@dataclass(frozen=True)
class Refusal:
    """Why an act is not possible now: a stable code, and what to tell the person."""

    code: str
    message: str


class Refused(ValueError):
    """An act was refused; nothing was changed. `refusals` says why, the first is the reason to show."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(refusals[0].message)
        self.refusals = refusals

    @property
    def code(self) -> str:
        """The code of the first refusal."""
        return self.refusals[0].code


@dataclass(frozen=True)
class Order:
    """What the actor brings to an act.

    Attributes:
        reason: in his own words; reason_code: one of the transition's codes.
        happened_on: the day on which it happened, when that is not today (a paper act that is written down later).
        values: what the transition's fields ask for, already parsed.
        channel: web, loket (counter), impor.
        key: makes a second press harmless: an act with the same key on the same file happens once.
    """

    reason: str = ""
    reason_code: str = ""
    happened_on: date | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    channel: str = "web"
    key: str = ""


Guard = Callable[[Any, Order], Refusal | None]


@dataclass(frozen=True)
class Field:
    """One input that an act asks for. `kind`: rupiah, tanggal, bilangan, teks, pilihan (then `options`)."""

    name: str
    label: Lazy
    kind: str = "teks"
    required: bool = True
    hint: Lazy | str = ""
    options: Callable[[Any], list[tuple[str, str]]] | None = None


@dataclass(frozen=True)
class State:
    """One state of a file.

    Attributes:
        holder: the role that has the file on its desk; '' for nobody (an end).
        paused: the legal clock stands still here (the applicant has to answer).
        skip_to: the state to go to instead, in a region that switched this step off; '' for a step that must be.
    """

    code: str
    label: Lazy
    kind: str = "jalan"
    holder: str = ""
    paused: bool = False
    skip_to: str = ""


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    Attributes:
        before: the states it leads from.
        who: the roles that may act; `sistem` for a timer, `pemohon` for the file's owner.
        guards: each says no with a Refusal, or nothing.
        working_days: how long the holder has in a state that this leads from; a region may change it as data.
        reason: whether a reason must be given ("wajib"), may be ("boleh") or is not asked ("").
        codes: reason code -> words, when one must be chosen.
        starts: the clock that begins with it: "publik", "hukum" or ''.
        returns: remembers the state, so that the answer comes back to it.
        again: the same person may act on the same file in another duty (the applicant's own steps).
        bulk: may be done for many files at once.
    """

    before: tuple[str, ...]
    action: str
    to: str
    title: Lazy
    who: tuple[str, ...]
    guards: tuple[Guard, ...] = ()
    working_days: int | None = None
    reason: str = ""
    codes: Mapping[str, Lazy] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    starts: str = ""
    returns: bool = False
    bulk: bool = False


@dataclass(frozen=True)
class Process:
    """A process in one version. A file keeps the version that it was opened under.

    Attributes:
        model: the mapped class of its subject; `state_column` holds the state there too, for the module's queries.
        owner: the account that a subject belongs to.
        words: (number, title) of a subject, for queues.
        url: where its page is.
        pause_budget: working days for which the legal clock may stand still, in all.
        apply: what an act that needs no page of its own writes to the subject, by its action.
        on_move: what the module does with each change (subject, new state, day on which it happened), in the same
            transaction: its own derived columns.
    """

    code: str
    version: int
    title: Lazy
    model: type[Any]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    owner: Callable[[Any], UUID | None]
    words: Callable[[Any], tuple[str, str]]
    url: Callable[[Any], str]
    state_column: str = "status"
    pause_budget: int = 20
    apply: Callable[[Any, str, Order], None] = lambda _subject, _action, _order: None
    on_move: Callable[[Any, str, date], None] = lambda _subject, _state, _happened_on: None

    def __post_init__(self) -> None:
        known = {state.code for state in self.states}
        for transition in self.transitions:
            for code in (*transition.before, transition.to):
                if code not in known and code != BACK:
                    raise ValueError(f"{self.code}: {transition.action} menyebut keadaan {code} yang tidak ada")
        pairs = [(code, transition.action) for transition in self.transitions for code in transition.before]
        if len(pairs) != len(set(pairs)):
            raise ValueError(f"{self.code}: satu tindakan dua kali dari keadaan yang sama")

    @property
    def initial(self) -> str:
        """The state in which a file is opened: the first of the table."""
        return self.states[0].code

    def state(self, code: str) -> State:
        """The state of this code; KeyError for one that the table does not know."""
        return next((state for state in self.states if state.code == code), None) or _missing(self, code)

    def from_state(self, code: str) -> list[Transition]:
        """What may be done with a file in this state, in the order of the table."""
        return [transition for transition in self.transitions if code in transition.before]

    def find(self, code: str, action: str) -> Transition | None:
        """The transition of an action from a state."""
        return next((t for t in self.from_state(code) if t.action == action), None)

    def limit(self, code: str) -> int | None:
        """Working days that the table gives the holder of this state; None for no limit."""
        limits = [t.working_days for t in self.from_state(code) if t.working_days is not None]
        return min(limits) if limits else None

    def is_end(self, code: str) -> bool:
        """Whether nothing can follow."""
        return not self.from_state(code)


def _missing(process: Process, code: str) -> State:
    raise KeyError(f"{process.code}: keadaan {code}")


_processes: dict[tuple[str, int], Process] = {}


def register_process(process: Process) -> None:
    """Make a version of a process known; files of older versions keep theirs."""
    _processes[process.code, process.version] = process


def processes() -> list[Process]:
    """The newest version of every process, by code."""
    newest: dict[str, Process] = {}
    for (code, _version), process in sorted(_processes.items()):
        newest[code] = process
    return list(newest.values())


def all_versions() -> list[Process]:
    """Every registered version of every process."""
    return list(_processes.values())


def known(code: str, version: int) -> bool:
    """Whether this deployment has that version of the process."""
    return (code, version) in _processes


def process_of(code: str, version: int) -> Process:
    """The version that a file was opened under."""
    return _processes[code, version]
