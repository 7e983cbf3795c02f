"""Whoever signed in finds every page that he may open by following links from his account's page."""

import re

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.services.identity.permissions import PUBLIK, ROLES, permissions_of
from tests.services.identity.conftest import Browser

pytestmark = pytest.mark.usefixtures("people")
#: Steps on a way that a press begins (a second factor, a notice), what leaves, and the file of a list without rows.
ON_THE_WAY = {
    "/masuk/faktor", "/persetujuan", "/keluar", "/akun/keamanan/aplikasi/qr.svg", "/akun/keamanan/kode", "/temuan.csv",
}  # fmt: skip
LINK = re.compile(r'(?:href|action|src|data-[a-z-]+)="(/[^"#?]*)')


def open_to(app: Flask, role: str) -> set[str]:
    """Addresses without arguments that this role may read and a visitor may not."""
    may = permissions_of(frozenset({role})) - {PUBLIK}

    def wanted(rule: Rule) -> bool:
        permission = getattr(app.view_functions[rule.endpoint], "permission", PUBLIK)
        return "GET" in (rule.methods or ()) and not rule.arguments and permission in may

    return {rule.rule for rule in app.url_map.iter_rules() if wanted(rule)} - ON_THE_WAY


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_linked_from_its_account(browser: Browser, web_app: Flask, role: str) -> None:
    visitor, found, todo = browser(role), set(), ["/akun"]
    mine = open_to(web_app, role)
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        if path not in mine:
            continue
        answer = visitor.get(path, follow_redirects=True)
        if answer.mimetype == "text/html":
            todo += LINK.findall(answer.get_data(as_text=True))
    assert mine <= found, sorted(mine - found)
