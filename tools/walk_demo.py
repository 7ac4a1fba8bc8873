"""Sign in to a served demo as each role and open every page that the role is shown.

Every link on a page that leads to the same site is followed, one of each kind of address (an id
stands for all ids), and must answer 200. `python -m tools.walk_demo --site http://127.0.0.1:8000`
prints what was walked; exit code 1 when a page failed or one that must be there was not found.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import deque
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
LINK = re.compile(r"<(?:a|object|img|iframe|link)\b[^>]*?\b(?:href|src|data)=\"([^\"#]+)")
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
MOST_OF_A_KIND = 3
PATIENTS = ("/patients/", "/patients/ID/", "/patients/ID/table/", "/patients/ID/edit/")
SESSIONS = ("/chairs/", "/s/ID/", "/s/ID/table/", "/s/ID/print/", "/s/ID/discharge/")
# What each role must come across by following links from its first page.
MUST: dict[str, tuple[str, ...]] = {
    "nurse": (
        *SESSIONS,
        *PATIENTS,
        *("/chairs/ID/start/", "/today/", "/links/", "/alerts/", "/alerts/ID/", "/account/"),
        "/outcomes/",
    ),
    "physician": (
        *SESSIONS,
        *PATIENTS,
        *("/patients/ID/plan/", "/alerts/", "/alerts/ID/", "/outcomes/", "/outcomes.csv"),
    ),
    "lead": (
        *("/clinic/", "/clinic/staff/", "/clinic/chairs/", "/clinic/help-lines/"),
        *("/clinic/audit/", "/patients/", "/outcomes/", "/chairs/"),
    ),
    "researcher": ("/outcomes/", "/outcomes.csv", "/account/"),
}


@dataclass
class Walk:
    """What one person met: addresses by kind, and everything that did not answer 200."""

    person: str
    kinds: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        return [kind for kind in MUST.get(self.person, ()) if kind not in self.kinds]


def browser() -> OpenerDirector:
    return build_opener(HTTPCookieProcessor(CookieJar()))


def get(opener: OpenerDirector, address: str) -> tuple[int, str, str]:
    """Status, text and final address."""
    try:
        with opener.open(Request(address), timeout=60) as answer:
            body = answer.read()
            is_text = answer.headers.get_content_type() == "text/html"
            return answer.status, body.decode() if is_text else "", answer.url
    except HTTPError as error:
        return error.code, "", address


def sign_in(opener: OpenerDirector, site: str, username: str, password: str) -> None:
    """Afterwards the opener holds the person's session; RuntimeError when it was refused."""
    _, page, _ = get(opener, f"{site}/login/")
    token = CSRF.search(page)
    if token is None:
        raise RuntimeError(f"{site}/login/ has no form")
    fields = {"username": username, "password": password, "csrfmiddlewaretoken": token[1]}
    request = Request(
        f"{site}/login/", urlencode(fields).encode(), headers={"Referer": f"{site}/login/"}
    )
    try:
        with opener.open(request, timeout=60) as answer:
            is_in = "/login/" not in answer.url
    except HTTPError as error:
        raise RuntimeError(f"{username} could not sign in: {error.code}") from None
    if not is_in:
        raise RuntimeError(f"{username} could not sign in")


def kind_of(address: str) -> str:
    """The address without its query, every id as ID."""
    return ID.sub("ID", urlsplit(address).path)


def walk(site: str, person: str, password: str) -> Walk:
    """Every page that `person` is shown, from the first page after signing in."""
    opener, found = browser(), Walk(person)
    sign_in(opener, site, person, password)
    seen, waiting = {f"{site}/"}, deque([f"{site}/"])
    while waiting:
        address = waiting.popleft()
        status, page, final = get(opener, address)
        found.kinds[kind_of(final)] = found.kinds.get(kind_of(final), 0) + 1
        if status != 200 or "/login/" in final:
            found.failures.append(f"{status} {address}")
        for link in LINK.findall(page):
            target = urljoin(final, unescape(link))
            waits = sum(kind_of(other) == kind_of(target) for other in seen)
            if _is_ours(target, site) and target not in seen and waits < MOST_OF_A_KIND:
                seen.add(target)
                waiting.append(target)
    return found


def _is_ours(target: str, site: str) -> bool:
    return target.startswith(f"{site}/") and "/logout/" not in target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", default="http://127.0.0.1:8000")
    parser.add_argument("--password", required=True, help="as `make demo` prints it")
    parser.add_argument("--link", help="a patient's check-in link, as `make demo` prints it")
    options = parser.parse_args()
    failed = False
    for person in MUST:
        found = walk(options.site, person, options.password)
        print(f"{person}: {sum(found.kinds.values())} pages, {len(found.kinds)} kinds of address")
        for line in (*found.failures, *(f"not found: {kind}" for kind in found.missing)):
            failed = True
            print(f"  {line}")
    if options.link:
        status, page, final = get(browser(), options.link)
        print(f"patient: {status} {urlsplit(final).path}")
        failed = failed or status != 200 or "<form" not in page
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
