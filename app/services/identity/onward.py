"""Where somebody goes who has just signed in: where he wanted to, unless a room has a page that he should see first."""

from collections.abc import Callable
from urllib.parse import quote

from app.services.identity.accounts import Account

#: Answers with the path of a page that the account should see, or None.
Stop = Callable[[Account], str | None]
_stops: dict[str, Stop] = {}


def register_stop(name: str, stop: Stop) -> None:
    """Ask `stop` at every sign-in (by its name, once). Its page gets the address to go on to as `lanjut`."""
    _stops[name] = stop


def path_here(value: str) -> str:
    """A path on this host, or the front page: an open redirect would lend our name to a stranger."""
    good = value.startswith("/") and not value.startswith("//") and "\\" not in value and value.isprintable()
    return value if good else "/"


def onward(account: Account, path: str) -> str:
    """Where `account` goes on its way to `path`."""
    stop = next((found for stop in _stops.values() if (found := stop(account))), None)
    return f"{stop}?lanjut={quote(path)}" if stop else path
