"""Whatever is sent to either door, the answer is words, never a crash.

Hostile values replace, join or drown the good ones of an accepted body; so do they in addresses.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
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

import sessions_app
from sessions_app.models import Staff
from tests.conftest import PIN
from tests.promises.test_authorisation import ADDRESSES, objects, path_of
from tests.promises.test_mass_assignment import writes

__all__ = ["objects", "writes"]  # fixtures
pytestmark = pytest.mark.usefixtures("at_chair")

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
    """The field names of every form, and those that a gate or a questionnaire makes as it goes."""
    found = {"next", "patient", "request", "version", "page", "day", "from", "to", "search", "q"}
    for module in pkgutil.iter_modules(sessions_app.__path__):
        if not module.name.endswith("forms"):
            continue
        made = importlib.import_module(f"sessions_app.{module.name}")
        for kind in vars(made).values():
            if isinstance(kind, type) and issubclass(kind, forms.BaseForm):
                found |= set(getattr(kind, "base_fields", {}))
    return sorted(found)


NAMES = form_names()
PAGES = [each for each in ADDRESSES if not hasattr(each.view, "cls")]


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


def try_the_pages(data: st.DataObject, client: Client, objects: dict[str, Any]) -> None:
    address = data.draw(st.sampled_from(PAGES))
    path = path_of(address, objects)
    names = data.draw(st.lists(st.sampled_from(NAMES), max_size=30))
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
    try_the_pages(data, signed_in(data.draw(st.sampled_from([dr_patel, nia, lena]))), objects)


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
    try_the_pages(data, signed_in(data.draw(st.sampled_from([dr_patel, nia, lena]))), objects)
