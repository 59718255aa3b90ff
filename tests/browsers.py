"""Chromium through Playwright, on pages served by the test process."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

expect.set_options(timeout=20_000)  # of milliseconds; the machine of the tests may be busy

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

    from spines.models import User

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


_served_at: list[str] = []


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window: Debian's where it is installed, else Playwright's own."""
    with sync_playwright() as playwright:
        debian = shutil.which("chromium")
        own = Path(playwright.chromium.executable_path)
        if debian is None and not own.exists():
            pytest.fail("Chromium is missing. `make test` installs it; `make chromium` does only that.")
        chromium = playwright.chromium.launch(executable_path=debian, args=_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page_problems() -> list[str]:
    """What the browser complained about. A browser test fails if anything is left in it at its end."""
    return []


@pytest.fixture
def browser_context(browser: Browser, live_server: "LiveServer", page_problems: list[str]) -> Iterator[BrowserContext]:
    """A fresh profile whose pages know the address of the test server. Errors and foreign hosts are noted."""
    context = browser.new_context(
        base_url=live_server.url, accept_downloads=True, viewport={"width": 1280, "height": 800}
    )
    _served_at[:] = [live_server.url]
    context.set_default_timeout(float(os.environ.get("SPINULA_TEST_PAGE_TIMEOUT_MS", "20000")))

    def note_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https"} and address.netloc != urlsplit(live_server.url).netloc:
            page_problems.append(f"asked another host: {request.url}")

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            page_problems.append(f"console: {message.text}")

    context.on("request", note_request)
    context.on("console", note_message)
    context.on("weberror", lambda error: page_problems.append(f"script: {error.error}"))
    yield context
    context.close()
    assert not page_problems, "\n".join(page_problems)


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    """An empty page; `page.goto("/")` is the test server's home."""
    return browser_context.new_page()


def enter(page: Page, user: "User") -> None:
    """Signed in as somebody, as if by the form, which its own tests fill."""
    from django.conf import settings
    from django.test import Client
    from django.utils.crypto import get_random_string

    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: get_random_string(32)}
    page.context.add_cookies([{"name": n, "value": v, "url": _served_at[0]} for n, v in cookies.items()])
