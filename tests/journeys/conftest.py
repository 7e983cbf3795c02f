"""A real server and a real Chromium: what a person sees, on a phone and on a desk, with and without JavaScript."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def port(web_app: Flask) -> Iterator[int]:
    """The port of the application on this machine."""
    server = make_server("127.0.0.1", 0, web_app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; without one the journeys are skipped, which CI takes as a failure."""
    if CHROMIUM is None:
        pytest.skip("Chromium tidak terpasang: apt-get install chromium")
    os.environ.setdefault("PLAYWRIGHT_SKIP_VALIDATE_HOST_REQUIREMENTS", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, port: int) -> Iterator[Callable[..., Page]]:
    """A page of a host at a width; everything that the console says is collected in `page.said`."""
    contexts = []

    def opened(path: str, *, host: str = "bandung.localhost", width: int = 360, script: bool = True) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, java_script_enabled=script)
        contexts.append(context)
        page = context.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.sent = []
        page.on("response", lambda response: page.sent.append(response))
        page.goto(f"http://{host}:{port}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
