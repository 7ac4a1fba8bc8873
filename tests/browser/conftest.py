"""A headless Chromium for the tests in this folder; without one they are skipped, loudly."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tools.chromium import find_chromium

# Playwright's event loop runs in the thread of the test, which Django takes for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# What is waited for ends a wait at once; only a machine that is busy otherwise needs it all.
expect.set_options(timeout=30_000)

HERE = Path(__file__).parent
# No sandbox: the tests run as root in containers and open nothing but their own server.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test of this folder `browser`, and skip it where no Chromium is."""
    missing = find_chromium() is None
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason="BROWSER TEST SKIPPED: no Chromium"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run; each test gets a context of its own from `page`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def _a_tap_ends_where_the_next_page_can_be_read() -> Iterator[None]:
    """A click is over as soon as an answer begins to arrive; what a test counts then is not there.

    On a page that stays, this waits for nothing.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("click", "tap"):
            patch.setattr(Locator, name, _then_read(getattr(Locator, name)))
        yield


def _then_read(act: Callable[..., None]) -> Callable[..., None]:
    @wraps(act)
    def acted(self: Locator, **options: Any) -> None:
        act(self, **options)
        if not self.page.is_closed():
            self.page.wait_for_load_state("domcontentloaded")

    return acted


@pytest.fixture(autouse=True)
def _few_replicates(few_replicates: None) -> None:
    """For every screen; only while its test runs."""


@pytest.fixture
def faults() -> list[str]:
    """What went wrong on `page`; a test that provokes a fault takes it out again."""
    return []


@pytest.fixture
def page(chromium: Browser, faults: list[str]) -> Iterator[Page]:
    """A fresh page; the test fails on a script error, a broken CSP or a request to elsewhere."""
    context = chromium.new_context(viewport={"width": 1180, "height": 820}, locale="en-GB")
    opened = context.new_page()
    opened.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    opened.on(
        "console",
        lambda message: (
            faults.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    opened.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://localhost:", "http://127.0.0.1:", "data:", "blob:"))
            else faults.append(f"request to elsewhere: {request.url}")
        ),
    )
    yield opened
    context.close()
    assert faults == []
