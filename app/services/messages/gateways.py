"""The wire to a phone: WhatsApp's Cloud API and a plain HTTP gateway for SMS, behind one interface.

Both are spoken to a sandbox (`sandbox.py`) in development and demonstration, and to the real thing by changing a URL.
"""

import http.client
import json
import ssl
from typing import Protocol
from urllib.parse import urlsplit

from app.services.messages.events import SMS, WHATSAPP
from config.settings import Settings

SECONDS = 20
MOST_BYTES = 64 * 1024
#: Error codes of the Cloud API that say "this number gets no message of yours": trying again changes nothing.
#: 131026 undeliverable, 131030 not on the allowed list, 131050 stopped by the person, 130472 part of an experiment.
#: Anything else may be a mistake of ours (a wrong token, an unknown template): a person must see it as a failed job.
HOPELESS_CODES = frozenset({130472, 131026, 131030, 131050})
#: Of an SMS gateway: this number is gone, this number cannot be.
HOPELESS_STATUS = frozenset({410, 422})


class Undeliverable(Exception):
    """The gateway will never deliver this; the message says why, without the number."""


class GatewayBusy(OSError):
    """The gateway did not take it now; the job is tried again."""


class Gateway(Protocol):
    """One way to a phone. `number` is digits with the country code and without a plus: 6281234567890."""

    def send(self, number: str, text: str, reference: str) -> str:
        """Hand one message over; returns the gateway's own id of it. `reference` is ours, the same at each repetition.

        Raises:
            Undeliverable: no repetition will help.
            GatewayBusy: try again later.
        """
        ...


def post(url: str, token: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
    """POST JSON, and read JSON back (an empty object when it is none).

    Raises:
        GatewayBusy: no connection or no answer in time.
    """
    parts = urlsplit(url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Bearer {token}"}
    try:
        connection.request("POST", parts.path or "/", json.dumps(body).encode(), headers)
        answer = connection.getresponse()
        raw = answer.read(MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise GatewayBusy(type(error).__name__) from error
    finally:
        connection.close()
    try:
        read = json.loads(raw)
    except ValueError:
        read = {}
    return answer.status, read if isinstance(read, dict) else {}


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=SECONDS)


class WhatsApp:
    """Meta's Cloud API: `POST /{version}/{phone-number-id}/messages`.

    A message that a government begins must use a template that Meta approved; ours has one parameter, the whole text.
    Without a template name the text goes as free text, which arrives only within 24 hours of the person's own message.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.whatsapp_url.rstrip('/')}/{settings.whatsapp_phone_id}/messages"
        self._token, self._template = settings.whatsapp_token, settings.whatsapp_template

    def send(self, number: str, text: str, reference: str) -> str:
        """See `Gateway.send`."""
        status, answer = post(self._url, self._token, self._body(number, text, reference))
        if status == 200:
            sent = answer.get("messages")
            return str(sent[0].get("id", "")) if isinstance(sent, list) and sent else ""
        error = answer.get("error")
        code = int(error.get("code", 0)) if isinstance(error, dict) else 0
        if code in HOPELESS_CODES:
            raise Undeliverable(f"WhatsApp {code}")
        raise GatewayBusy(f"WhatsApp {status}/{code}")

    def _body(self, number: str, text: str, reference: str) -> dict[str, object]:
        body: dict[str, object] = {
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": number,
            "biz_opaque_callback_data": reference,
        }  # fmt: skip
        if not self._template:
            return body | {"type": "text", "text": {"preview_url": False, "body": text}}
        # A parameter may hold no line break and no run of spaces.
        parameters = [{"type": "text", "text": " ".join(text.split())}]
        components = [{"type": "body", "parameters": parameters}]
        return body | {
            "type": "template",
            "template": {"name": self._template, "language": {"code": "id"}, "components": components},
        }


class PlainSms:
    """The form that most SMS gateways share: a POST of to, from, text; 2xx takes it, 410 and 422 refuse the number."""

    def __init__(self, settings: Settings) -> None:
        self._url, self._token, self._sender = settings.sms_url, settings.sms_token, settings.sms_sender

    def send(self, number: str, text: str, reference: str) -> str:
        """See `Gateway.send`."""
        body: dict[str, object] = {"to": f"+{number}", "from": self._sender, "text": text, "client_ref": reference}
        status, answer = post(self._url, self._token, body)
        if 200 <= status < 300:
            return str(answer.get("id", ""))
        if status in HOPELESS_STATUS:
            raise Undeliverable(f"SMS {status} {answer.get('error', '')}".strip())
        raise GatewayBusy(f"SMS {status}")


def gateway(channel: str, settings: Settings) -> Gateway | None:
    """The gateway of a channel, or None where the deployment has none."""
    if channel == WHATSAPP and settings.whatsapp_url:
        return WhatsApp(settings)
    if channel == SMS and settings.sms_url:
        return PlainSms(settings)
    return None
