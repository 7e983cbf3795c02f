"""Walking the URL map: every rule, every method, by everybody, with what belongs to region B on another host."""

import io
import itertools
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.services.identity.permissions import permissions_of
from tests.conftest import A, B, Visitor
from tests.isolation.access import CONSTANT, OPEN, PUBLIK, permission_of
from tests.isolation.planting import Planted
from tests.services.identity.conftest import HOSTS, PASSWORD, post

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
READS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FIELD = re.compile(r'<(?:input|select|textarea)[^>]* name="([A-Za-z0-9_-]+)"')
#: Asked for in every address: whoever takes the region from the request is found out.
POLLUTION = f"region_id={B}&region={B}&daerah={B}&kode_daerah=32.04"
#: An account of B alone has this address.
ONLY_IN_B = "hanya-di-b@contoh.go.id"
#: Tables whose keys a form may name.
AIMS = ("accounts", "workflow_files", "hibah", "organisasi", "workflow_delegations", "workflow_settings")
_addresses = itertools.count(1)


@dataclass(frozen=True)
class Case:
    """One rule asked with one method: `endpoint` is what answers, None where the method is not one of the rule's;
    `foreign` are the values in the address that belong to B."""

    rule: str
    method: str
    path: str
    endpoint: str | None
    foreign: tuple[str, ...]


def cases(app: Flask, values: Mapping[str, str]) -> list[Case]:
    """Every rule × method, its arguments filled in with `values`.

    Raises:
        KeyError: an argument has no value, so the route could not be walked.
    """
    rules = defaultdict(list)
    for rule in app.url_map.iter_rules():
        rules[rule.rule].append(rule)
    given, found = {**CONSTANT, **values}, []
    for pattern, same in sorted(rules.items()):
        rule = same[0]
        if missing := rule.arguments - given.keys():
            raise KeyError(f"{pattern}: tulis di tests/isolation/access.py nilai untuk {sorted(missing)}")
        typed = {name: rule._converters[name].to_python(str(given[name])) for name in rule.arguments}
        built = rule.build(typed, append_unknown=False)
        assert built is not None, pattern
        # The first rule of an address that knows the method answers it.
        handlers = {method: each.endpoint for each in reversed(same) for method in each.methods or ()}
        foreign = tuple(str(given[name]) for name in sorted(rule.arguments - CONSTANT.keys()))
        found += [Case(pattern, method, built[1], handlers.get(method), foreign) for method in METHODS]
    return found


@dataclass
class Walker:
    """Somebody with a browser on a host: signed in as `role`, or not at all, or with a `cookie` of another host."""

    app: Flask
    role: str = ""
    host: str = HOSTS[A]
    cookie: Mapping[str, str] = field(default_factory=dict)
    forms: Sequence[Mapping[str, str]] = ({},)

    def __post_init__(self) -> None:
        self.token = ""
        self.arrive()

    def arrive(self) -> None:
        """A new browser, signed in when the walker has a role; it keeps the token of a form."""
        self.browser = Visitor(self.app, self.app.response_class)
        if self.role:
            region = next(number for number, host in HOSTS.items() if host == self.host)
            answer = post(self.browser, "/masuk", region, email=f"{self.role}@contoh.go.id", sandi=PASSWORD)
            assert answer.status_code == 303, answer.get_data(as_text=True)
            assert self.signed_in()
        for path in ("/masuk", "/akun"):
            found = TOKEN.search(self.browser.get(path, base_url=self.host).get_data(as_text=True))
            self.token = found.group(1) if found else self.token

    def signed_in(self) -> bool:
        """Whether the host knows who this is."""
        return self.browser.get("/akun", base_url=self.host).status_code == 200

    @property
    def permissions(self) -> frozenset[str]:
        """What this walker may do on its host."""
        return permissions_of(frozenset({self.role})) if self.role else frozenset({PUBLIK})

    def send(self, case: Case, form: Mapping[str, str] | None = None) -> TestResponse:
        """Ask as a browser does: from this host, with a form that carries its token and every field known."""
        if self.cookie:
            self.browser = Visitor(self.app, self.app.response_class)
            for name, value in self.cookie.items():
                self.browser.set_cookie(name, value, domain=self.host.partition("//")[2])
        change = case.method not in READS
        number = next(_addresses)
        answer = self.browser.open(
            # The API refuses a parameter that it does not know; asked without, it answers.
            case.path if change or case.path.startswith("/api/") else f"{case.path}?{POLLUTION}",
            method=case.method,
            base_url=self.host,
            headers={"Origin": self.host, "Sec-Fetch-Site": "same-origin"} if change else {},
            data={**(form or self.forms[0]), "csrf_token": self.token} if change else None,
            # Failures are counted by address, and this walk is not about them.
            environ_overrides={"REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"},
        )
        # A file is streamed in its request's context: read it before the next request.
        answer.get_data()
        if change and self.role and answer.status_code == 303 and not self.signed_in():
            self.arrive()
        return answer

    def expected(self, case: Case) -> set[int]:
        """The statuses that the access table allows this walker to be answered with."""
        if case.endpoint is None:
            return {405}
        if case.endpoint in OPEN:
            return {200}
        if self.cookie and case.method not in READS:
            # Its cookie is noise here, so no form has a token that fits.
            return {400}
        if permission_of(case.endpoint) not in self.permissions:
            return {403} if self.role else {302} if case.method == "GET" else {401}
        if case.foreign and case.method != "OPTIONS":
            return {404}
        return {200, 302, 404} if case.method in READS else {200, 303, 404, 422, 429}


def is_public(case: Case) -> bool:
    """Whether anybody may ask."""
    return case.endpoint is not None and permission_of(case.endpoint) == PUBLIK


def cookies_of(browser: FlaskClient) -> dict[str, str]:
    """Every cookie that the browser holds, whatever it is for."""
    return {cookie.key: cookie.value for cookie in browser._cookies.values()}


def text_of(answer: TestResponse) -> str:
    """The body as text, a workbook unpacked.

    Raises:
        UnicodeDecodeError: another kind of file, in which this walk would not see anything; teach it here.
    """
    body = answer.get_data()
    if not body.startswith(b"PK"):
        return body.decode()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def shown(answer: TestResponse, known: Iterable[str]) -> str:
    """Headers and body without what was sent: a page may repeat its own address, and keeps what was typed."""
    seen = f"{answer.headers}\n{text_of(answer)}"
    for value in known:
        seen = seen.replace(value, "")
    return seen


def walk(walker: Walker, asked: Iterable[Case], secret: Planted) -> list[str]:
    """What went wrong: a status that the table does not allow, or anything of `secret` in an answer."""
    found = []
    for case in asked:
        expected = walker.expected(case)
        # A form that is refused unread, or is the same for everybody, needs to be sent once only.
        reads = case.method == "POST" and 303 in expected and (not walker.role or not is_public(case))
        forms = walker.forms if reads else walker.forms[:1]
        for form in forms:
            answer = walker.send(case, form)
            who = f"{walker.role or 'siapa pun'} {case.method} {case.path}"
            if answer.status_code not in expected:
                found.append(f"{who}: {answer.status_code}, seharusnya {sorted(expected)}")
            if secret.shown_in(shown(answer, (*case.foreign, *form.values()))):
                found.append(f"{who}: tampak milik {secret.region}")
    return found


def filled_forms(walkers: Iterable[Walker], asked: Iterable[Case], secret: Planted) -> list[dict[str, str]]:
    """Every field of every form that the walkers meet: once as people fill it in, then all with one key of B each."""
    pages = [case for case in asked if case.method == "GET" and case.endpoint and not case.foreign]
    names = {name for walker in walkers for case in pages for name in FIELD.findall(text_of(walker.send(case)))}
    ordinary = {"email": ONLY_IN_B, "peran": "opd", "bahasa": "id"}
    forms = [{name: ordinary.get(name, "uji coba") for name in sorted(names - {"csrf_token"})}]
    return forms + [dict.fromkeys(forms[0], secret.rows[table]) for table in AIMS]
