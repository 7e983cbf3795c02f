"""Every route says whom it is for. A route that says nothing is refused at start, and a test walks the map."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import Flask

P = ParamSpec("P")
R = TypeVar("R")

PUBLIK = "publik"
#: permission -> what it allows, as the permission page prints it.
PERMISSIONS = {PUBLIK: "Siapa pun, tanpa masuk"}
#: Routes of the user interface's own room: style sheet and colours, the same for everybody.
OPEN_ENDPOINTS = frozenset({"ui.static", "ui.theme"})


def requires(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare the permission of a route.

    Raises:
        ValueError: the permission is not in the table.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"izin tidak dikenal: {permission}")

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def undeclared_routes(app: Flask) -> list[str]:
    """Endpoints without a declaration; must be empty."""
    return sorted(
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint not in OPEN_ENDPOINTS and not hasattr(view, "permission")
    )
