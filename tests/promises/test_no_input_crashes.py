"""Whatever is sent to either door, the answer is words, never a crash.

Hostile values replace, join or drown the good ones of an accepted body; so do they in addresses.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django import forms
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import reports.forms
import sessions_app.forms
from sessions_app.models import Staff
from tests.conftest import PIN
from tests.promises.test_authorisation import ADDRESSES, objects, path_of
from tests.promises.test_mass_assignment import writes

__all__ = ["objects", "writes"]  # fixtures
pytestmark = pytest.mark.usefixtures("at_chair", "few_replicates")

HUGE = "9" * 400
TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\ufeff",
    "\u202e\u2066x",
    "x" * 5_000,
    "NaN",
    "-Infinity",
    "1e999999",
    "1e-999999",
    "-0",
    HUGE,
    f"0.{HUGE}",
    "9223372036854775808",
    "12,5",
    "１２",
    "not-a-uuid",
    "00000000-0000-0000-0000-000000000000",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31",
    "0001-01-01",
    "0001-01-01 00:00",
    "9999-12-31 23:59",
    "2026-02-30",
    "23:59:60",
    "99:99",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{{ 7*7 }}%(x)s%n{0}",
    "../../etc/passwd",
]
NUMBERS = [0, -1, 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, 1e308, -0.0]
JSON_VALUES = [
    *TEXTS,
    *NUMBERS,
    None,
    True,
    [],
    {},
    [[]],
    {"": ""},
    {"\ud800": 1},
    [None] * 200,
    {"mood_0_10": {"q1": 2**70}},
    {"mood_0_10": "NaN"},
    {"phq9": {"x" * 300: 1}},
    {"adult": {"answer": ["yes"]}},
    {"weight": {"by": str(uuid4()), "reason": "\0"}},
]
EXTRA_NAMES = ["\ud800", "x" * 3_000, "__class__", "vitals", "answers", "chair", "patient"]
OPTIONS = {
    "suppress_health_check": list(HealthCheck),
    "database": None,
    "derandomize": True,
}


def form_names() -> list[str]:
    """The field names of every form. What a form makes as it goes stands in its page (below)."""
    found = {"next", "patient", "request", "version", "page", "day", "from", "to", "search", "q"}
    for package in (sessions_app.forms, reports.forms):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for kind in vars(importlib.import_module(module.name)).values():
                if isinstance(kind, type) and issubclass(kind, forms.BaseForm):
                    found |= set(getattr(kind, "base_fields", {}))
    return sorted(found)


NAMES = form_names()
NAME = re.compile(r'<(?:input|select|textarea|button)\b[^>]*\bname="([^"]+)"')
PAGES = [each for each in ADDRESSES if not hasattr(each.view, "cls")]


def test_the_walk_finds_the_fields_of_every_form() -> None:
    """Some of each subject: were the forms moved again, the search below would try nothing."""
    known = {"systolic", "username", "mg_per_kg", "reason", "pin", "result", "staff", "definition"}
    assert known | {"compare", "response", "confirm_onset"} <= set(NAMES)
    assert len(NAMES) > 120


def test_a_page_tells_the_names_that_its_form_makes_as_it_goes(
    dr_patel: Staff, objects: dict[str, Any]
) -> None:
    client, pages = signed_in(dr_patel), {each.name: each for each in PAGES}
    for name, made in (("clinic:eligibility", "adult_note"), ("clinic:score_add", "total")):
        found = asked_by(client, path_of(pages[name], objects))
        assert made in found and made not in NAMES, name


@contextmanager
def undone() -> Iterator[None]:
    """Whatever was written inside is gone afterwards."""
    block = transaction.atomic()
    # The count of wrong PINs insists on the outermost transaction, which a test never has.
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


def signed_in(person: Staff) -> Client:
    """A client that lets every crash through to the test, with its trace."""
    client = Client()
    client.force_login(person)
    return client


def try_the_api(
    data: st.DataObject, client: Client, writes: dict[str, tuple[str, dict[str, Any]]]
) -> None:
    path, good = writes[data.draw(st.sampled_from(sorted(writes)))]
    body = {**good, "write_key": str(uuid4())}
    names = [*sorted(body), "taken_at", "reason", "note", *EXTRA_NAMES]
    for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3)):
        body[name] = data.draw(st.sampled_from(JSON_VALUES))
    nested = [name for name in sorted(good) if isinstance(good[name], dict) and good[name]]
    if nested and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(nested))
        inner = data.draw(st.sampled_from(sorted(good[name])))
        body[name] = {**good[name], inner: data.draw(st.sampled_from(JSON_VALUES))}
    with undone():
        answer = client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code < 500, (path, body)


def asked_by(client: Client, path: str) -> list[str]:
    """The names that stand in this page's forms; none when it is not for this person."""
    with undone():
        answer = client.get(path)
    if answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", ""):
        return []
    return sorted(set(NAME.findall(answer.content.decode())) - {"csrfmiddlewaretoken"})


def try_the_pages(data: st.DataObject, people: list[Staff], objects: dict[str, Any]) -> None:
    person = data.draw(st.sampled_from(people))
    client = signed_in(person)
    path = path_of(data.draw(st.sampled_from(PAGES)), objects)
    # A page is asked once for its names, whatever is then tried.
    known = objects.setdefault("names", {})
    if (person.pk, path) not in known:
        known[person.pk, path] = asked_by(client, path)
    own = known[person.pk, path]
    names = data.draw(st.lists(st.sampled_from(NAMES), max_size=12))
    names += data.draw(st.lists(st.sampled_from(own), max_size=12)) if own else []
    sent = {"write_key": str(uuid4()), "pin": PIN, "patient": str(objects["patient_id"])}
    for name in names:
        value = data.draw(st.sampled_from(TEXTS))
        sent[name] = value.encode("utf-8", "replace").decode()
    with undone():
        asked = client.get if data.draw(st.booleans()) else client.post
        answer = asked(path, sent)
    assert answer.status_code < 500, (path, sent)


@settings(max_examples=200, **OPTIONS)
@given(data=st.data())
def test_no_json_crashes_the_api(
    data: st.DataObject, dr_patel: Staff, nia: Staff, writes: dict[str, Any]
) -> None:
    try_the_api(data, signed_in(data.draw(st.sampled_from([dr_patel, nia]))), writes)


@settings(max_examples=200, **OPTIONS)
@given(data=st.data())
def test_no_form_and_no_parameter_crashes_a_page(
    data: st.DataObject, dr_patel: Staff, nia: Staff, lena: Staff, objects: dict[str, Any]
) -> None:
    try_the_pages(data, [dr_patel, nia, lena], objects)


@pytest.mark.soak
@settings(max_examples=2_000, **OPTIONS)
@given(data=st.data())
def test_no_json_crashes_the_api_however_long_one_tries(
    data: st.DataObject, dr_patel: Staff, nia: Staff, writes: dict[str, Any]
) -> None:
    try_the_api(data, signed_in(data.draw(st.sampled_from([dr_patel, nia]))), writes)


@pytest.mark.soak
@settings(max_examples=2_000, **OPTIONS)
@given(data=st.data())
def test_no_form_crashes_a_page_however_long_one_tries(
    data: st.DataObject, dr_patel: Staff, nia: Staff, lena: Staff, objects: dict[str, Any]
) -> None:
    try_the_pages(data, [dr_patel, nia, lena], objects)
