"""A sandbox that speaks the gateways' wire formats and shows what it was sent: for development, the demonstration and
the tests. It delivers nothing. `python -m app.services.messages.sandbox 8001` serves it on this machine only.

Numbers that end in 0000 cannot be reached, numbers that end in 9999 find the gateway busy: so both can be tried.
"""

import html
import json
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from wsgiref.simple_server import make_server

KEPT = 200
MOST_BYTES = 64 * 1024
NUMBER = re.compile(r"[1-9]\d{7,14}")
WHATSAPP_PATH = re.compile(r"/wa/(\d+)/messages")
Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


@dataclass(frozen=True)
class Received:
    """One message as the gateway would hand it to a phone."""

    channel: str
    number: str
    text: str
    reference: str


class Refusal(Exception):
    """An answer of the wire format that is no success."""

    def __init__(self, status: str, body: dict[str, object]) -> None:
        super().__init__(status)
        self.status, self.body = status, body


def cloud_error(status: str, code: int, message: str) -> Refusal:
    """An error in the form of the Cloud API."""
    error = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, "fbtrace_id": "kotak-pasir"}
    return Refusal(status, {"error": error})


class Sandbox:
    """The WSGI application; what it received, newest first, in `received`."""

    def __init__(self, token: str = "kotak-pasir") -> None:  # noqa: S107 (a sandbox guards nothing)
        self.received: deque[Received] = deque(maxlen=KEPT)
        self._token = token

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            status, kind, body = self._answer(environ)
        except Refusal as refusal:
            status, kind, body = refusal.status, "application/json", json.dumps(refusal.body)
        raw = body.encode()
        start_response(status, [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(raw)))])
        return [raw]

    def _answer(self, environ: Environ) -> tuple[str, str, str]:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if method == "GET" and path == "/":
            return "200 OK", "text/html", self._page()
        if method == "POST" and WHATSAPP_PATH.fullmatch(path):
            return "200 OK", "application/json", json.dumps(self._whatsapp(environ))
        if method == "POST" and path == "/sms":
            return "202 Accepted", "application/json", json.dumps(self._sms(environ))
        raise Refusal("404 Not Found", {"error": "not_found"})

    def _whatsapp(self, environ: Environ) -> dict[str, object]:
        if environ.get("HTTP_AUTHORIZATION") != f"Bearer {self._token}":
            raise cloud_error("401 Unauthorized", 190, "Invalid OAuth access token")
        body = _json(environ)
        number, text = str(body.get("to", "")), _whatsapp_text(body)
        if body.get("messaging_product") != "whatsapp" or not NUMBER.fullmatch(number) or not text or "\n" in text:
            raise cloud_error("400 Bad Request", 100, "Invalid parameter")
        if number.endswith("0000"):
            raise cloud_error("400 Bad Request", 131026, "Message undeliverable")
        if number.endswith("9999"):
            raise cloud_error("429 Too Many Requests", 130429, "Rate limit hit")
        identity = self._keep("whatsapp", number, text, str(body.get("biz_opaque_callback_data", "")))
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": number, "wa_id": number}],
            "messages": [{"id": f"wamid.{identity}", "message_status": "accepted"}],
        }

    def _sms(self, environ: Environ) -> dict[str, object]:
        if environ.get("HTTP_AUTHORIZATION") != f"Bearer {self._token}":
            raise Refusal("401 Unauthorized", {"error": "unauthorized"})
        body = _json(environ)
        number, text = str(body.get("to", "")).removeprefix("+"), str(body.get("text", ""))
        if not NUMBER.fullmatch(number) or not text or number.endswith("0000"):
            raise Refusal("422 Unprocessable Entity", {"error": "invalid_number"})
        if number.endswith("9999"):
            raise Refusal("503 Service Unavailable", {"error": "busy"})
        return {"id": self._keep("sms", number, text, str(body.get("client_ref", ""))), "status": "queued"}

    def _keep(self, channel: str, number: str, text: str, reference: str) -> str:
        self.received.appendleft(Received(channel, number, text, reference))
        return f"pasir-{len(self.received)}-{reference}"

    def _page(self) -> str:
        items = "".join(
            f"<li><p><strong>{html.escape(item.channel)}</strong> +{html.escape(item.number)}</p>"
            f"<p>{html.escape(item.text)}</p></li>"
            for item in self.received
        )
        return (
            '<!doctype html><html lang="id"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Kotak pasir pesan</title>'
            "<h1>Kotak pasir pesan</h1><p>Tidak ada yang dikirim ke telepon siapa pun.</p>"
            f"<ul>{items or '<li>Belum ada pesan.</li>'}</ul></html>"
        )


def _whatsapp_text(body: dict[str, Any]) -> str:
    """The text that the phone would show: free text, or the only parameter of the template."""
    try:
        if body.get("type") == "template":
            return str(body["template"]["components"][0]["parameters"][0]["text"])
        return str(body["text"]["body"])
    except (KeyError, IndexError, TypeError):
        return ""


def _json(environ: Environ) -> dict[str, Any]:
    size = min(int(environ.get("CONTENT_LENGTH") or 0), MOST_BYTES)
    try:
        read = json.loads(environ["wsgi.input"].read(size))
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {}


if __name__ == "__main__":
    with make_server("127.0.0.1", int(sys.argv[1]), Sandbox()) as server:
        server.serve_forever()
