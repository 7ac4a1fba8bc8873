"""The browser works here, and a page that breaks the policy is noticed."""

from __future__ import annotations

from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer


def test_a_missing_page_is_drawn_and_asks_nobody_else(page: Page, live_server: LiveServer) -> None:
    answer = page.goto(f"{live_server.url}/no-such-page/")
    assert answer is not None
    assert answer.status == 404
    assert page.locator("h1").count() == 1


def test_an_inline_script_is_refused_and_the_fault_is_kept(
    page: Page, faults: list[str], live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/no-such-page/")
    ran = page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.inlineRan = true";
            document.body.append(script);
            return window.inlineRan === true;
        }"""
    )
    assert ran is False
    assert len(faults) == 1
    assert "Content Security Policy" in faults.pop()


def test_a_request_to_elsewhere_is_kept_as_a_fault(
    page: Page, faults: list[str], live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/no-such-page/")
    page.evaluate("() => fetch('http://192.0.2.1/').catch(() => null)")
    assert any("192.0.2.1" in fault for fault in faults)
    faults.clear()
