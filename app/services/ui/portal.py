"""What modules put on a region's front page and in its navigation: they register, the portal walks."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import request

from app.services.ui.i18n import Lazy


@dataclass(frozen=True)
class Figure:
    """One key figure of a module; `amount` in rupiah when `money`."""

    label: str
    value: int
    money: bool = False


@dataclass(frozen=True)
class Service:
    """A module's door: where it is, what it says of itself, its key figures, and which kinds of sites have it."""

    label: Lazy
    text: Lazy
    url: str
    icon: str
    figures: Callable[[], list[Figure]]
    rooms: tuple[str, ...] = ("portal",)


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class OwnPage:
    """A page of a room for whoever signed in and has the permission.

    Attributes:
        place: which list names it: `pengaturan` (the region's settings), `kerja` (work that waits) or `akun` (oneself).
    """

    label: Lazy
    text: Lazy
    url: str
    permission: str
    place: str = "pengaturan"


_services: dict[str, Service] = {}
_footer: dict[str, Lazy] = {}
_own_pages: dict[str, OwnPage] = {}


def register_service(service: Service) -> None:
    """Show `service` on every region's portal (by its address, once)."""
    _services[service.url] = service


def services(room: str) -> list[Service]:
    """What a room of this kind offers."""
    return [service for service in _services.values() if room in service.rooms]


def cards(room: str) -> list[tuple[Service, list[Figure]]]:
    """Each service of the room with its figures of this region."""
    return [(service, service.figures()) for service in services(room)]


def navigation(room: str) -> list[NavItem]:
    """The room's navigation for the page being shown."""
    return [NavItem(str(s.label), s.url, request.path.startswith(s.url)) for s in services(room)]


def register_own_page(page: OwnPage) -> None:
    """List `page` where it belongs (by its address, once)."""
    _own_pages[page.url] = page


def own_pages(place: str) -> list[OwnPage]:
    """Every registered page of this place, in the order of registration."""
    return [page for page in _own_pages.values() if page.place == place]


def register_footer_link(label: Lazy, url: str) -> None:
    """Show a link at the foot of every portal's pages (by its address, once)."""
    _footer[url] = label


def footer_navigation() -> list[NavItem]:
    """The links at the foot of the page being shown."""
    return [NavItem(str(label), url, request.path == url) for url, label in _footer.items()]
