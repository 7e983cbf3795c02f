"""What events are called for people. The rooms register their own; an unknown event is shown by its code."""

from collections.abc import Mapping

from app.services.ui.i18n import Lazy, lazy

LOOK = "data.lihat"
EXPORT = "audit.ekspor"
_labels: dict[str, Lazy] = {LOOK: lazy("Data dilihat"), EXPORT: lazy("Log audit diunduh")}


def register_events(labels: Mapping[str, Lazy]) -> None:
    """Name events for the log's page: `{"akun.tutup": lazy("Akun ditutup")}`."""
    _labels.update(labels)


def events() -> dict[str, Lazy]:
    """Every named event, by code."""
    return dict(sorted(_labels.items()))


def event_label(event: str) -> str:
    """The words of an event, or its code."""
    return str(_labels.get(event, event))
