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
    """A module's door: where it is, what it says of itself, its key figures."""

    label: Lazy
    text: Lazy
    url: str
    icon: str
    figures: Callable[[], list[Figure]]


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation."""

    label: str
    url: str
    current: bool


_services: dict[str, Service] = {}
_footer: dict[str, Lazy] = {}
_settings: dict[str, tuple[Lazy, str]] = {}


def register_service(service: Service) -> None:
    """Show `service` on every region's portal (by its address, once)."""
    _services[service.url] = service


def cards() -> list[tuple[Service, list[Figure]]]:
    """Each service with its figures of this region."""
    return [(service, service.figures()) for service in _services.values()]


def navigation() -> list[NavItem]:
    """The portal's navigation for the page being shown."""
    return [NavItem(str(s.label), s.url, request.path.startswith(s.url)) for s in _services.values()]


def register_footer_link(label: Lazy, url: str) -> None:
    """Show a link at the foot of every portal's pages (by its address, once)."""
    _footer[url] = label


def footer_navigation() -> list[NavItem]:
    """The links at the foot of the page being shown."""
    return [NavItem(str(label), url, request.path == url) for url, label in _footer.items()]


def register_settings_page(label: Lazy, url: str, permission: str) -> None:
    """Show a page in the region's settings to whoever has `permission`."""
    _settings[url] = (label, permission)


def settings_pages() -> list[tuple[str, str, str]]:
    """Label, address and permission of every page of the settings."""
    return [(str(label), url, permission) for url, (label, permission) in _settings.items()]
