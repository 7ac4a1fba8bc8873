"""How long a nurse and a patient wait for their screen, in a real Chromium, on a bad line.

    .venv/bin/python -m benchmarks.bench_screens

prints the median and the slowest of `TIMES` goes for each promise, and whether the median kept it.
The server is the real one, the line is 400 kbit/s with 400 ms there and back. The tests hold the
order of what happens (shown before the server has answered); the milliseconds are measured here.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from benchmarks.served import HOST, environment, run, serve
from tools.chromium import find_chromium

TIMES = 5
BAD_LINE = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}
# From the finger on the button to the frame after the new line.
PAINTED = """() => {
  window.painted = null;
  let tapped = 0;
  addEventListener('submit', () => { tapped = performance.now(); }, {capture: true, once: true});
  const list = document.getElementById('unsent');
  const seen = new MutationObserver(() => {
    if (list.hidden) return;
    seen.disconnect();
    requestAnimationFrame(() => { window.painted = performance.now() - tapped; });
  });
  seen.observe(list, {childList: true, attributes: true});
}"""
HELPED = """() => {
  const help = document.getElementById('help'), began = performance.now();
  window.helped = null;
  new MutationObserver(() => { window.helped = window.helped || performance.now() - began; })
    .observe(help, {attributeFilter: ['hidden']});
  document.querySelector('.me-go').click();
}"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]"


def seed(links: int) -> dict[str, Any]:
    """A chair with a running session, and so many open check-ins two hours after a dose."""
    from django.utils import timezone

    from benchmarks.seeds import ours
    from sessions_app.actions.check_in_links import mint_link
    from sessions_app.actions.checkins import plan_check_ins
    from sessions_app.models import Clinic, Staff
    from tests import conftest as people
    from tests.sessions_app.check_in_people import make_help_lines

    made = ours(1)
    clinic, nurse = Clinic.objects.get(), Staff.objects.filter(username="nurse0").get()
    given = timezone.now() - timedelta(hours=2)
    make_help_lines(clinic, tested=timezone.now())
    tokens = []
    for number in range(links):
        course = people.make_course(people.make_patient(clinic, f"C-{number}", "Ada", "Moor"))
        session = people.make_session(course, nurse, given)
        requests = plan_check_ins(session=session, by=nurse, clock=lambda: given)
        asked = next(one for one in requests if one.slot == "2h")
        tokens.append(mint_link(by=nurse, request=asked)[1])
    return {"nurse": made.nurses[0], "session": made.sessions[0], "tokens": tokens}


def on_a_bad_line(context: BrowserContext, page: Page) -> None:
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", BAD_LINE)


def entries_painted(context: BrowserContext, page: Page) -> list[float]:
    """Milliseconds from each tap on a side effect to its line on the screen."""
    took = []
    for one in page.locator("details[id^=quick-]").all()[:TIMES]:
        page.evaluate(PAINTED)
        one.locator("summary").click()
        one.get_by_role("button", name="Mild").click()
        page.wait_for_function("() => window.painted !== null")
        took.append(float(page.evaluate("window.painted")))
    return took


def at_the_chair(browser: Browser, site: str, seeds: dict[str, Any], cut: bool) -> list[float]:
    context = browser.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
    context.add_cookies([{"name": "sessionid", "value": seeds["nurse"], "url": site}])
    page = context.new_page()
    with page.expect_response("**/offline/"):
        page.goto(f"{site}/s/{seeds['session']}/")
    page.wait_for_function("async () => (await window.afterglowOutbox.chairs()).length > 0")
    if cut:
        context.set_offline(True)
    else:
        on_a_bad_line(context, page)
    took = entries_painted(context, page)
    context.close()
    return took


def phone(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)


def first_question(browser: Browser, site: str, token: str) -> float:
    """Milliseconds from the tap on the link, its redirect included, to the question."""
    context = phone(browser)
    page = context.new_page()
    on_a_bad_line(context, page)
    page.goto(f"{site}/c/{token}/")
    page.wait_for_function(f"() => {PAINT}")
    took = float(page.evaluate(f"{PAINT}.startTime"))
    page.get_by_label("4", exact=True).tap()
    context.close()
    return took


def help_there(browser: Browser, site: str, token: str, cut: bool) -> float:
    """Milliseconds from Continue after an answer about suicide to the numbers to call."""
    context = phone(browser)
    page = context.new_page()
    page.goto(f"{site}/c/{token}/")
    for words in ("4", "A bit better", "Yes, a little"):
        before = page.get_by_role("heading", level=1).inner_text()
        page.get_by_label(words, exact=True).tap()
        page.get_by_role("button", name="Continue").tap()
        page.wait_for_function("was => document.querySelector('h1').innerText !== was", arg=before)
    page.get_by_label("Yes, and I might act on it").tap()

    def slowly(route: Route) -> None:
        time.sleep(2)
        route.continue_()

    if cut:
        context.set_offline(True)
    else:
        page.route("**/c/2h/4/", slowly)
    page.evaluate(HELPED)
    page.locator('#help a[href^="tel:"]').first.wait_for(state="visible")
    took = float(page.evaluate("window.helped"))
    context.close()
    return took


def tell(what: str, at_most_ms: int, took: list[float]) -> bool:
    middle = statistics.median(took)
    holds = middle <= at_most_ms
    print(
        f"{'kept' if holds else 'BROKEN':<7}{what}: {middle:.0f} ms, slowest {max(took):.0f} ms,"
        f" at most {at_most_ms} ms",
        flush=True,
    )
    return holds


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        env = environment(Path(folder))
        print("A clinic is made ...", flush=True)
        seeds = json.loads(run(env, "-m", "benchmarks.bench_screens", "seed", str(2 * TIMES)))
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        with serve(env) as server:
            site, tokens = f"http://{HOST}:{server.port}", seeds["tokens"]
            measured: list[tuple[str, int, Callable[[], list[float]]]] = [
                (
                    "a side effect on the screen, network cut",
                    100,
                    lambda: at_the_chair(browser, site, seeds, cut=True),
                ),
                (
                    "a side effect on the screen, bad line",
                    100,
                    lambda: at_the_chair(browser, site, seeds, cut=False),
                ),
                (
                    "the first question, bad line, first visit",
                    2000,
                    lambda: [first_question(browser, site, one) for one in tokens[:TIMES]],
                ),
                (
                    "help after an answer about suicide, network cut",
                    1000,
                    lambda: [help_there(browser, site, one, True) for one in tokens[:TIMES]],
                ),
                (
                    "help after an answer about suicide, server 2 s late",
                    1000,
                    lambda: [help_there(browser, site, one, False) for one in tokens[TIMES:]],
                ),
            ]
            kept = [tell(what, most, took()) for what, most, took in measured]
        browser.close()
    return 0 if all(kept) else 1


def in_django() -> None:
    """Print the JSON of `seed`, in a process with the environment's database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    print(json.dumps(seed(int(sys.argv[2]))))


if __name__ == "__main__":
    if sys.argv[1:2] == ["seed"]:
        in_django()
    else:
        sys.exit(main())
