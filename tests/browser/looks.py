"""What every page must be, whoever looks at it: readable, reachable, and talking to nobody else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from sessions_app.models import Staff

SHOTS = os.environ.get("AFTERGLOW_SHOTS")  # a folder to keep pictures in
TABLET = {"width": 1180, "height": 820}
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 320, "height": 640}
FINGER, MOUSE = 48, 24  # CSS px, the least width and height of what is tapped or clicked
# Refusals arrive as 422, and every browser writes a line about that.
EXPECTED_LINES = ("status of 422", "status of 404")
# What it writes when a test cuts the network; the last when it looks for a newer worker then.
CUT = ("ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED", "when fetching the script")

# What a page that is there keeps for the time without a network, and then asks for anew.
LATER = ("/offline/", "/worker.js", "/live/")

# A radio or a box is as large as its label; the link of a chair and of an alert covers its whole
# card; links in sentences are as high as their line.
SMALL = """(least) => [...document.querySelectorAll(
    'a[href], button, summary, select, textarea, input:not([type=hidden])'
)].filter(one => {
    if (one.closest('p:not(.row):not(.actions), .skip, .vh, .error-summary')) return false;
    const at = one.closest('label.choice, .seg label, .numbers label')
        || (one.matches('.chair-open') && one.closest('.chair'))
        || (one.matches('.item h3 a') && one.closest('.item'))
        || one.closest('label.vital') || one;
    const box = at.getBoundingClientRect();
    const seen = box.width && one.checkVisibility({visibilityProperty: true});
    return seen && (box.width < least - 0.5 || box.height < least - 0.5);
}).map(one => one.outerHTML.slice(0, 120))"""


# After a run of axe, which is on the page then.
CONTRAST = """() => axe.run(
    {runOnly: ["color-contrast"], resultTypes: ["violations"]}
).then((found) => found.violations.flatMap((rule) => rule.nodes.map(
    (node) => `${rule.help}: ${node.html}: ${node.failureSummary}`)))"""


def watched(
    chromium: Browser, size: dict[str, int], faults: list[str], **options: Any
) -> BrowserContext:
    """A browser of its own whose every script error, refused script or foreign request is kept."""
    context = chromium.new_context(viewport=size, locale="en-GB", **options)

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on(
            "console",
            lambda line: (
                faults.append(f"{line.type} at {page.url}: {line.text}")
                if line.type in ("error", "warning")
                and not any(said in line.text for said in EXPECTED_LINES)
                else None
            ),
        )
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith(("http://localhost:", "http://127.0.0.1:", "data:"))
                else faults.append(f"request to elsewhere: {asked.url}")
            ),
        )

    context.on("page", watch)
    return context


def sign_in(context: BrowserContext, url: str, person: Staff) -> None:
    """`person` is signed in from the next page on, without the log-in page."""
    client = Client()
    client.force_login(person)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


@contextmanager
def signed_in(
    chromium: Browser,
    size: dict[str, int],
    url: str,
    person: Staff,
    faults: list[str],
    *expected: str,
    **options: Any,
) -> Iterator[BrowserContext]:
    """A browser of `person` alone; at its end it had no faults but the `expected` ones."""
    context = watched(chromium, size, faults, **options)
    sign_in(context, url, person)
    yield context
    context.close()
    assert unexpected(faults, expected) == []


def unexpected(faults: list[str], expected: Iterable[str]) -> list[str]:
    """The faults that hold none of the words that a test expects."""
    return [fault for fault in faults if not any(words in fault for words in expected)]


def first_asked(asked: Iterable[str]) -> list[str]:
    """The addresses that a page asked for until it was there, not what it fetches seconds later."""
    later = [url for url in asked if url.partition("?")[0].endswith(LATER)]
    return [url for url in asked if not url.startswith("data:") and url not in later]


def noted(page: Page, notes: Sized) -> None:
    """Wait until a callback of the test has noted something, up to half a minute."""
    for _ in range(600):
        if notes:
            return
        page.wait_for_timeout(50)
    raise AssertionError("nothing was noted")


def without_ids(text: str) -> str:
    """`text` without its ids and instants in ms, which hold any few digits by chance."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9]{13}\b", "", text)


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page where AFTERGLOW_SHOTS says."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def wrongs(page: Page, least: int, *, in_dark: bool = True) -> list[str]:
    """Everything that is wrong with the open page, in the light and the dark theme."""
    page.wait_for_load_state()
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    headings = page.locator("h1:visible").count()
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    wrong = [
        *([f"{wide} px too wide"] if wide > 0 else []),
        *([f"{headings} first headings"] if headings != 1 else []),
        *(["no title"] if not page.title().strip(" ·") else []),
        *(f"smaller than {least} px: {one}" for one in page.evaluate(SMALL, least)),
        *([found.generate_report()] if found.violations_count else []),
    ]
    if in_dark:
        # Nothing but colours differs in the dark.
        page.emulate_media(color_scheme="dark")
        wrong += [f"in the dark: {one}" for one in page.evaluate(CONTRAST)]
        page.emulate_media(color_scheme="light")
    return [f"{page.url}: {one}" for one in wrong]
