"""The wire formats, spoken over a real socket to the sandbox."""

from dataclasses import replace

import pytest

from app.services.messages.gateways import GatewayBusy, PlainSms, Undeliverable, WhatsApp, gateway, post
from app.services.messages.sandbox import Sandbox
from config.settings import Settings

Box = tuple[Sandbox, str]


def test_whatsapp_sends_a_template_with_one_line_of_text(phones: Settings, sandbox: Box) -> None:
    identity = WhatsApp(phones).send("6281234567890", "Kota Bandung:\n  usulan   kembali", "acuan-1")
    assert identity.startswith("wamid.")
    received = sandbox[0].received[0]
    assert (received.number, received.text, received.reference) == (
        "6281234567890", "Kota Bandung: usulan kembali", "acuan-1",
    )  # fmt: skip


def test_whatsapp_without_a_template_sends_free_text(phones: Settings, sandbox: Box) -> None:
    WhatsApp(replace(phones, whatsapp_template="")).send("6281234567890", "Halo", "acuan-2")
    assert sandbox[0].received[0].text == "Halo"


def test_an_answer_has_the_form_of_the_cloud_api(sandbox: Box) -> None:
    body = {"messaging_product": "whatsapp", "to": "6281234567890", "type": "text", "text": {"body": "Halo"}}
    status, answer = post(f"{sandbox[1]}/wa/1065/messages", "kotak-pasir", body)
    assert status == 200
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"] == [{"input": "6281234567890", "wa_id": "6281234567890"}]
    status, answer = post(f"{sandbox[1]}/wa/1065/messages", "salah", body)
    assert (status, answer["error"]["code"]) == (401, 190)


def test_sms_goes_with_a_plus_and_our_reference(phones: Settings, sandbox: Box) -> None:
    assert PlainSms(phones).send("6281234567890", "Halo", "acuan-3")
    assert sandbox[0].received[0].reference == "acuan-3"


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
@pytest.mark.parametrize(("number", "error"), [("628120000", Undeliverable), ("628129999", GatewayBusy)])
def test_a_refusal_for_good_and_one_for_now_are_told_apart(
    phones: Settings, channel: str, number: str, error: type[Exception]
) -> None:
    way = gateway(channel, phones)
    assert way
    with pytest.raises(error) as refused:
        way.send(number, "Halo", "acuan")
    assert number not in str(refused.value)


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_a_wrong_token_or_a_dead_gateway_is_tried_again(phones: Settings, channel: str) -> None:
    for settings in (
        replace(phones, whatsapp_token="salah", sms_token="salah"),
        replace(phones, whatsapp_url="http://127.0.0.1:1/wa", sms_url="http://127.0.0.1:1/sms"),
    ):
        way = gateway(channel, settings)
        assert way
        with pytest.raises(GatewayBusy):
            way.send("6281234567890", "Halo", "acuan")


def test_a_deployment_without_gateways_has_none(settings: Settings) -> None:
    assert [gateway(channel, settings) for channel in ("whatsapp", "sms", "surel")] == [None, None, None]


def test_the_sandbox_shows_what_it_was_sent_as_text(phones: Settings, sandbox: Box) -> None:
    PlainSms(phones).send("6281234567890", "<b>tebal</b>", "acuan")
    answered: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/"}
    page = b"".join(sandbox[0](environ, lambda status, _headers: answered.append(status))).decode()
    assert answered == ["200 OK"]
    assert "&lt;b&gt;tebal&lt;/b&gt;" in page
