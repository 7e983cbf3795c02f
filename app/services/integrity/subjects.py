"""What findings point at: modules say how each kind of subject is called, where its page is, and who answers for it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.services.identity import accounts
from app.services.ui.i18n import Lazy, lazy

#: Ids of subjects -> something about each, by id.
About = Callable[[list[str]], Mapping[str, str]]


def _nothing(_numbers: list[str]) -> Mapping[str, str]:
    return {}


def _nobody(_numbers: list[str]) -> Mapping[str, UUID]:
    return {}


@dataclass(frozen=True)
class SubjectKind:
    """One kind of subject.

    Attributes:
        links: the page of each, where it has one.
        names: what people call each, where its reference says nothing (an account's number).
        accounts: the account that answers for each, where there is one.
    """

    type: str
    label: Lazy
    links: About = _nothing
    names: About = _nothing
    accounts: Callable[[list[str]], Mapping[str, UUID]] = _nobody


_kinds: dict[str, SubjectKind] = {}


def register_subject_kind(kind: SubjectKind) -> None:
    """Make a kind of subject known (by its type, once)."""
    _kinds[kind.type] = kind


def kind_of(subject_type: str) -> SubjectKind:
    """The kind of a type; one that nobody registered is called by its type."""
    return _kinds.get(subject_type) or SubjectKind(subject_type, lazy(subject_type))


def answering(subjects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """The account that answers for each subject given as (type, id); those without one are left out."""
    by_type: dict[str, list[str]] = {}
    for subject_type, number in subjects:
        by_type.setdefault(subject_type, []).append(number)
    return {
        (kind, number): account
        for kind, numbers in sorted(by_type.items())
        for number, account in kind_of(kind).accounts(numbers).items()
    }


def _accounts(numbers: list[str]) -> Mapping[str, UUID]:
    return {number: UUID(number) for number in numbers}


ACCOUNT = SubjectKind(
    "akun", lazy("Akun petugas"), names=lambda numbers: accounts.names(set(numbers)), accounts=_accounts
)
