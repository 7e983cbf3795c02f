"""Passkeys against honest and dishonest keys: as second factor, alone, of other hosts, replayed, cloned, garbled."""

import json
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from app.services.identity import attempts
from tests.conftest import A, B
from tests.services.identity.authenticator import Authenticator, b64
from tests.services.identity.conftest import Browser, copy_of, post
from tests.services.identity.test_second_step import sign_in

pytestmark = pytest.mark.usefixtures("people")


def challenge(visitor: FlaskClient, path: str, region: int = A) -> dict[str, Any]:
    answer = post(visitor, path + "/tantangan", region)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return json.loads(answer.get_data())


def register(visitor: FlaskClient, key: Authenticator, region: int = A, label: str = "Ponsel") -> Any:
    options = challenge(visitor, "/akun/keamanan/passkey", region)
    return post(visitor, "/akun/keamanan/passkey", region, tanggapan=key.create(options), label=label)


@pytest.fixture
def phone(browser: Browser) -> Authenticator:
    """The clerk of the OPD has a passkey."""
    key = Authenticator()
    assert register(browser("opd"), key).status_code == 303
    return key


def second_step(visitor: FlaskClient, key: Authenticator) -> Any:
    return post(visitor, "/masuk/faktor", tanggapan=key.get(challenge(visitor, "/masuk/faktor")))


def alone(visitor: FlaskClient, key: Authenticator, region: int = A) -> Any:
    options = challenge(visitor, "/masuk/passkey", region)
    return post(visitor, "/masuk/passkey", region, tanggapan=key.get(options), lanjut="/akun/keamanan")


def test_setting_one_up_keeps_its_name_and_counts_as_the_second_factor(browser: Browser, admin: Engine) -> None:
    visitor = browser("opd")
    answer = register(visitor, Authenticator(), label="Ponsel kantor")
    assert answer.headers["Location"] == "/akun/keamanan/kode"
    assert "Ponsel kantor · bandung.localhost" in visitor.get("/akun/keamanan").get_data(as_text=True)
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT transports FROM account_passkeys")) == "internal"
        assert connection.scalar(text("SELECT count(*) FROM outbox WHERE payload LIKE '%kedua dipasang%'")) == 1


def test_the_options_name_this_host_and_no_personal_number(browser: Browser) -> None:
    options = challenge(browser("opd"), "/akun/keamanan/passkey")
    assert options["rp"]["id"] == "bandung.localhost"
    assert options["user"]["name"] == "opd@contoh.go.id"
    assert options["attestation"] == "none"


def test_as_second_factor(browser: Browser, phone: Authenticator) -> None:
    visitor = sign_in(browser())
    options = challenge(visitor, "/masuk/faktor")
    assert [item["transports"] for item in options["allowCredentials"]] == [["internal"]]
    assert post(visitor, "/masuk/faktor", tanggapan=phone.get(options)).status_code == 303
    assert visitor.get("/akun").status_code == 200


def test_alone_without_a_password(browser: Browser, phone: Authenticator) -> None:
    visitor = browser()
    assert challenge(visitor, "/masuk/passkey").get("allowCredentials", []) == []
    answer = alone(visitor, phone)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/akun/keamanan")
    assert "Passkey" in visitor.get("/akun/keamanan").get_data(as_text=True)


def test_alone_it_must_have_checked_its_owner(browser: Browser, phone: Authenticator) -> None:
    phone.verified = False
    assert alone(browser(), phone).status_code == 422
    assert second_step(sign_in(browser()), phone).status_code == 303


@pytest.mark.parametrize(("host", "origin"), [
    ("kab-bandung.localhost", "http://kab-bandung.localhost"),
    ("bandung.localhost", "http://kab-bandung.localhost"),
    ("kab-bandung.localhost", "http://bandung.localhost"),
    ("localhost", "http://bandung.localhost"),
    ("bandung.localhost", "https://bandung.localhost"),
    ("bandung.localhost", "http://bandung.localhost:81"),
    ("bandung.localhost", "http://x.bandung.localhost"),
    ("bandung.localhost", "http://bandung.localhost.jahat.example"),
])  # fmt: skip
def test_a_passkey_of_another_host_is_refused(browser: Browser, phone: Authenticator, host: str, origin: str) -> None:
    phone.host, phone.origin = host, origin
    assert alone(browser(), phone).status_code == 422
    assert second_step(sign_in(browser()), phone).status_code == 422
    assert register(browser("tapd"), Authenticator(host, origin)).status_code == 422


def test_a_passkey_of_region_b_is_unknown_in_a(browser: Browser) -> None:
    key = Authenticator("kab-bandung.localhost")
    assert register(browser("opd", B), key, B).status_code == 303
    assert alone(browser(), key, B).status_code == 303
    key.host, key.origin = "bandung.localhost", "http://bandung.localhost"
    assert alone(browser(), key).status_code == 422


def test_a_passkey_kept_for_another_host_of_the_region_does_not_open_this_one(
    browser: Browser, phone: Authenticator, admin: Engine
) -> None:
    with admin.begin() as connection:
        connection.execute(text("UPDATE account_passkeys SET host = 'bandung.go.id'"))
    assert alone(browser(), phone).status_code == 422
    visitor = sign_in(browser())
    assert "Pakai passkey" not in visitor.get("/masuk/faktor").get_data(as_text=True)


def test_another_persons_passkey_is_not_ones_second_factor(browser: Browser, phone: Authenticator) -> None:
    other = Authenticator()
    assert register(browser("tapd"), other).status_code == 303
    visitor = sign_in(browser())
    assert second_step(visitor, other).status_code == 422
    assert visitor.get("/akun").status_code == 302


def test_a_key_that_names_another_owner_is_refused(browser: Browser, phone: Authenticator) -> None:
    phone.owner = bytes(16)
    assert alone(browser(), phone).status_code == 422


def test_an_answer_works_once_even_with_the_cookie_of_its_challenge(
    browser: Browser, web_app: Flask, phone: Authenticator
) -> None:
    visitor = browser()
    options = challenge(visitor, "/masuk/passkey")
    thief, response = copy_of(visitor, web_app), phone.get(options)
    assert post(visitor, "/masuk/passkey", tanggapan=response).status_code == 303
    assert post(thief, "/masuk/passkey", tanggapan=response).status_code == 422
    assert thief.get("/akun").status_code == 302


def test_a_synced_passkey_without_a_counter_cannot_be_replayed_either(
    browser: Browser, web_app: Flask, phone: Authenticator
) -> None:
    visitor, phone.count = browser(), -1
    options = challenge(visitor, "/masuk/passkey")
    thief, response = copy_of(visitor, web_app), phone.get(options)
    assert post(visitor, "/masuk/passkey", tanggapan=response).status_code == 303
    answer = post(thief, "/masuk/passkey", tanggapan=response)
    assert answer.status_code == 422
    assert "sudah dipakai" in answer.get_data(as_text=True)


def test_an_answer_without_a_challenge_or_to_another_one_is_refused(browser: Browser, phone: Authenticator) -> None:
    stray = challenge(browser(), "/masuk/passkey")
    visitor = browser()
    answer = post(visitor, "/masuk/passkey", tanggapan=phone.get(stray))
    assert "kedaluwarsa" in answer.get_data(as_text=True)
    challenge(visitor, "/masuk/passkey")
    assert post(visitor, "/masuk/passkey", tanggapan=phone.get(stray)).status_code == 422
    half = sign_in(browser())
    options = challenge(half, "/masuk/passkey")
    assert post(half, "/masuk/faktor", tanggapan=phone.get(options)).status_code == 422


def test_a_challenge_ends_after_five_minutes(
    browser: Browser, phone: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.identity.factors.challenges.SECONDS", -1)
    assert "kedaluwarsa" in alone(browser(), phone).get_data(as_text=True)


def test_a_cloned_key_is_noticed_by_its_counter(browser: Browser, phone: Authenticator) -> None:
    assert alone(browser(), phone).status_code == 303
    phone.count = 0
    assert alone(browser(), phone).status_code == 422


def test_a_closed_account_does_not_come_in_by_passkey(browser: Browser, phone: Authenticator, admin: Engine) -> None:
    with admin.begin() as connection:
        connection.execute(text("UPDATE accounts SET state = 'DITUTUP' WHERE email LIKE 'opd@%'"))
    assert alone(browser(), phone).status_code == 422


def test_a_removed_passkey_opens_nothing(browser: Browser, phone: Authenticator) -> None:
    owner = browser()
    alone(owner, phone)
    page = owner.get("/akun/keamanan").get_data(as_text=True)
    path = "/akun/keamanan/hapus/" + page.split("/akun/keamanan/hapus/")[1].split('"')[0]
    assert post(owner, path).status_code == 303
    assert alone(browser(), phone).status_code == 422


def test_the_same_passkey_is_not_kept_twice_and_ten_are_enough(browser: Browser, phone: Authenticator) -> None:
    assert register(browser("tapd"), phone).status_code == 422
    visitor = browser("tapd")
    for _number in range(10):
        assert register(visitor, Authenticator()).status_code == 303
    answer = register(visitor, Authenticator())
    assert answer.status_code == 422
    assert "Paling banyak 10" in answer.get_data(as_text=True)


def test_an_attacked_address_has_to_wait(browser: Browser, phone: Authenticator) -> None:
    stranger = Authenticator()
    for _attempt in range(30):
        assert alone(browser(), stranger).status_code == 422
    assert alone(browser(), phone).status_code == 429


def test_five_wrong_answers_hold_the_second_step(browser: Browser, phone: Authenticator) -> None:
    visitor, stranger = sign_in(browser()), Authenticator()
    for _attempt in range(5):
        assert second_step(visitor, stranger).status_code == 422
    assert second_step(visitor, phone).status_code == 429


def test_a_passkey_proves_again_that_it_is_you(
    browser: Browser, phone: Authenticator, age_sessions: Callable[[int], None]
) -> None:
    visitor = browser()
    alone(visitor, phone)
    age_sessions(11)
    assert visitor.get("/akun/keamanan/kode").status_code == 303
    assert second_step(visitor, phone).status_code == 303
    assert visitor.get("/akun/keamanan/kode").status_code == 200


def test_the_sign_in_form_still_posts_to_its_own_address_after_a_refused_passkey(browser: Browser) -> None:
    page = alone(browser(), Authenticator()).get_data(as_text=True)
    assert 'action="/masuk"' in page
    assert 'value="/akun/keamanan"' in page


garbled = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "rawId", "type", "response", "clientDataJSON", "attestationObject", "authenticatorData", "signature",
         "userHandle", "transports", "fmt"]), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that each of many wrong answers is looked at, and not the number of them."""
    for name in ("PER_PERSON", "PER_ADDRESS", "PER_REGION"):
        monkeypatch.setattr(attempts, name, 10**6)


MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.usefixtures("no_limits")
@MANY
@given(value=garbled, text_of=st.text(max_size=30))
def test_whatever_is_sent_is_refused_in_words(browser: Browser, value: object, text_of: str) -> None:
    visitor = browser()
    for sent in (json.dumps(value), text_of):
        challenge(visitor, "/masuk/passkey")
        assert post(visitor, "/masuk/passkey", tanggapan=sent).status_code == 422


@pytest.fixture
def clerk_of_tapd(browser: Browser) -> FlaskClient:
    return browser("tapd")


characters = st.text("ABCDEFabcdef0123456789-_", max_size=80)


@pytest.mark.usefixtures("no_limits")
@MANY
@given(part=st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), data=characters)
def test_a_good_answer_with_a_garbled_part_is_refused_in_words(
    browser: Browser, phone: Authenticator, part: str, data: str
) -> None:
    visitor = browser()
    used = json.loads(phone.get(challenge(visitor, "/masuk/passkey")))
    used["response"][part] = data
    assert post(visitor, "/masuk/passkey", tanggapan=json.dumps(used)).status_code == 422


@MANY
@given(part=st.sampled_from(["clientDataJSON", "attestationObject"]), data=characters)
def test_a_new_passkey_with_a_garbled_part_is_refused_in_words(
    clerk_of_tapd: FlaskClient, part: str, data: str
) -> None:
    made = json.loads(Authenticator().create(challenge(clerk_of_tapd, "/akun/keamanan/passkey")))
    made["response"][part] = data
    assert post(clerk_of_tapd, "/akun/keamanan/passkey", tanggapan=json.dumps(made)).status_code == 422


@MANY
@given(data=st.binary(max_size=120))
def test_a_new_passkey_with_garbled_authenticator_data_is_refused_in_words(
    clerk_of_tapd: FlaskClient, data: bytes
) -> None:
    options = challenge(clerk_of_tapd, "/akun/keamanan/passkey")
    key = Authenticator()
    made = json.loads(key.create(options))
    statement = {"fmt": "none", "attStmt": {}, "authData": data}
    made["response"]["attestationObject"] = b64(cbor2.dumps(statement))
    assert post(clerk_of_tapd, "/akun/keamanan/passkey", tanggapan=json.dumps(made)).status_code == 422
