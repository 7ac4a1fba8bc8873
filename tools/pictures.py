"""Take the pictures of the documents from a running demo.

`make demo` in one terminal, `make pictures` in another: afterwards docs/img holds one PNG a page,
each at most 150 KB. The demo is looked at as its visitors see it; besides the log-ins only one
check-in link is made anew, the answers to one start are kept as a draft, and the questions of one
session ("is it right?") are answered. The pages show the
demo's own clock, so a demo that is served during a clinic's hours looks best
(`faketime '2026-11-20 10:42' make demo` makes such an hour).
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tools.chromium import find_chromium

PASSWORD = "afterglow-demo-2026"  # as `make demo` prints it
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "img"
LARGEST_BYTES = 150_000
SWAPPED_MS = 800
TABLET, PHONE, DESK = (1180, 820), (390, 844), (1440, 900)
# No sandbox: Chromium may run as root in a container, and opens nothing but the demo.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def chairs(page: Page) -> None:
    """The chair board with its three sessions in progress."""
    page.goto("/chairs/")


def session(page: Page) -> None:
    """The session that was watched longest: everything on one clock, and half a reading typed."""
    page.goto("/chairs/")
    page.locator("article.chair:has(a[href$='/discharge/']) a.chair-open").first.click()
    page.wait_for_load_state("networkidle")
    while page.locator("#question").get_by_role("button", name="Yes, it is right").count():
        page.get_by_role("button", name="Yes, it is right").first.click()
        page.wait_for_timeout(SWAPPED_MS)
    for digit in "1248":  # the pad goes on to the next field by itself
        page.locator(f"#keypad [data-digit='{digit}']").click()


def start(page: Page) -> None:
    """The gate of a patient who comes back, answered, with the dose worked out."""
    page.goto("/chairs/")
    page.locator("a[href*='/start/']").last.click()
    if "patient=" not in page.url:  # nobody is booked into this chair
        page.locator("a[href*='?patient=']").first.click()
    last = re.search(r"Last time \([^)]*\)\s+(\d+\.\d)", page.inner_text("main"))
    page.fill("[name=weight_kg]", last.group(1) if last else "72.4")
    for name, value in {"systolic": 118, "diastolic": 74, "heart_rate": 72, "spo2": 98}.items():
        page.fill(f"[name={name}]", str(value))
    for question in page.locator("[name=pregnancy][value=no]").all():
        question.check(force=True)
    for name in ("bladder", "suicidal_thoughts", "alcohol_or_drugs", "medicines_changed"):
        page.locator(f"[name={name}][value=no]").check(force=True)
    for name in ("fasting", "escort"):  # from below upwards, so that the page is seen from its top
        page.locator(f"[name={name}][value=yes]").check(force=True)
    page.locator("[name=identity]").first.check(force=True)
    page.locator(".dose-big").wait_for()
    page.locator(".gate-left").evaluate("column => column.scrollTo(0, 0)")


def discharge(page: Page) -> None:
    """The session that has been watched long enough."""
    page.goto("/chairs/")
    page.locator("a[href$='/discharge/']").first.click()


def check_in(page: Page) -> None:
    """The first question of a check-in, on the patient's phone."""
    page.goto("/links/")
    page.get_by_role("button", name=re.compile("Make a .*link")).first.click()
    page.goto(page.locator("main code").inner_text())


def timeline(page: Page) -> None:
    """Of the patients listed first, the one with the most sessions."""
    page.goto("/patients/")
    rows = page.locator("main tbody tr").all()
    longest = max(rows, key=lambda row: int(row.locator("td.num").inner_text()))
    longest.locator("th a").click()


def outcomes(page: Page) -> None:
    """What the clinic's sessions did, over all of them."""
    page.goto("/outcomes/")


def safety(page: Page) -> None:
    """What the clinic's sessions brought with them, over all of them."""
    page.goto("/safety/")


def research(page: Page) -> None:
    """What the research export holds and what was done so that nobody is named."""
    page.goto("/research/")


def links(page: Page) -> None:
    """Who has not answered, and how they can be reached."""
    page.goto("/links/")


def alerts(page: Page) -> None:
    """The inbox with the most pressing alert opened."""
    page.goto("/alerts/")
    page.locator("li.item a").first.click()


PICTURES: list[tuple[str, str, tuple[int, int], Callable[[Page], None]]] = [
    ("session", "nurse", TABLET, session),
    ("chairs", "nurse", TABLET, chairs),
    ("start", "nurse", TABLET, start),
    ("discharge", "nurse", TABLET, discharge),
    ("check-in", "nurse", PHONE, check_in),
    ("links", "nurse", TABLET, links),
    ("timeline", "physician", DESK, timeline),
    ("outcomes", "physician", DESK, outcomes),
    ("safety", "lead", DESK, safety),
    ("alerts", "physician", DESK, alerts),
    ("research", "researcher", DESK, research),
]


def signed_in(browser: Browser, site: str, who: str, size: tuple[int, int]) -> Page:
    """A page of a fresh visitor who has just signed in; its address may be a path."""
    width, height = size
    context = browser.new_context(
        base_url=site, viewport={"width": width, "height": height}, locale="en-GB"
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto("/login/")
    page.fill("[name=username]", who)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def save_small(png: bytes, file: Path) -> None:
    """Keep the picture with at most 256 colours, which a page of flat colours does not miss."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)


def take(browser: Browser, site: str, folder: Path) -> list[str]:
    """Write every picture and return one sentence for each that is too large."""
    faults = []
    for name, who, size, open_page in PICTURES:
        page = signed_in(browser, site, who, size)
        open_page(page)
        page.wait_for_load_state("networkidle")
        file = folder / f"{name}.png"
        save_small(page.screenshot(), file)
        page.context.close()
        kilobytes = file.stat().st_size / 1000
        print(f"{file.relative_to(folder.parent.parent)}  {kilobytes:.0f} KB", flush=True)
        if file.stat().st_size > LARGEST_BYTES:
            faults.append(f"{file.name} is larger than {LARGEST_BYTES // 1000} KB.")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    site = f"http://127.0.0.1:{parser.parse_args().port}"
    chromium = find_chromium()
    if chromium is None:
        print("There is no Chromium.\nNext: install one (Debian: apt install chromium).")
        return 1
    FOLDER.mkdir(exist_ok=True)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            faults = take(browser, site, FOLDER)
            browser.close()
    except Error as error:
        print(f"{error.message.splitlines()[0]}\nNext: is a demo served at {site}/?")
        return 1
    print("\n".join(faults) or "Look at each picture before you commit it.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
