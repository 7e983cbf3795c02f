"""Putting together what belongs together: connected pairs become groups."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def groups(pairs: Iterable[tuple[T, T]]) -> list[list[T]]:
    """The connected groups of a graph given by its edges; each group and the list in order of appearance."""
    parent: dict[T, T] = {}

    def root(item: T) -> T:
        parent.setdefault(item, item)
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for first, second in pairs:
        a, b = root(first), root(second)
        if a != b:
            parent[b] = a
    found: dict[T, list[T]] = defaultdict(list)
    for item in list(parent):
        found[root(item)].append(item)
    return list(found.values())
