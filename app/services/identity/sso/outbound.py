"""Requests to an address that a region's administrator typed: bounded in where, how long and how much.

One deployment serves 514 regions; none of them may use it to look into the network behind it, or to hold its threads.
"""

import ipaddress
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import current_app
from requests.adapters import HTTPAdapter

from config.settings import Settings

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 3.05, 5.0, 8.0
MOST_BYTES = 256 * 1024
CHUNK = 16 * 1024


class BadAddress(ValueError):
    """This address may not be asked."""


def check_address(url: str) -> None:
    """HTTPS to a host on the public network; outside production also plain HTTP and this machine (tests, the demo).

    Raises:
        BadAddress: says what is wrong with it.
    """
    settings: Settings = current_app.extensions["settings"]
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.fragment:
        raise BadAddress("alamat tidak lengkap")
    if not settings.production:
        if parts.scheme not in {"http", "https"}:
            raise BadAddress("bukan alamat http")
        return
    if parts.scheme != "https":
        raise BadAddress("harus https")
    if parts.hostname not in settings.internal_hosts:
        _check_public(parts.hostname, parts.port or 443)


def _check_public(host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise BadAddress("nama host tidak dikenal") from error
    if not all(ipaddress.ip_address(item[4][0]).is_global for item in found):
        raise BadAddress("host di jaringan dalam; operator menambahkannya ke INTERNAL_HOSTS")


class BoundedAdapter(HTTPAdapter):
    """Checks the address, follows no redirect, and reads an answer only so far and so long."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send within the bounds.

        Raises:
            BadAddress: where it may not go, or it was sent elsewhere.
            requests.RequestException: too slow, too large, or unreachable.
        """
        check_address(request.url or "")
        kwargs.update(stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS))
        response = super().send(request, *args, **kwargs)
        if response.is_redirect:
            raise BadAddress("dialihkan ke alamat lain")
        response._content = _read(response)  # noqa: SLF001 (requests has no other way to bound a body)
        return response


def _read(response: requests.Response) -> bytes:
    until, body = time.monotonic() + WHOLE_SECONDS, b""
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > MOST_BYTES or time.monotonic() > until:
            response.close()
            raise requests.exceptions.ContentDecodingError("jawaban terlalu besar atau terlalu lambat")
    return body


def bounded(session: requests.Session | None = None) -> requests.Session:
    """A session whose every request keeps the bounds; it trusts no proxy or netrc of the environment."""
    session = session or requests.Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter())
    return session
