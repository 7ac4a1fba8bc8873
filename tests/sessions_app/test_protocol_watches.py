"""What a protocol watches over long treatment: set within ranges, at both doors, with its words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.models import ProtocolVersion, ProtocolWatch, Staff
from sessions_app.protocol_of import protocol_in_force
from sessions_app.rules.guard_rails import Fault, protocol_changes, protocol_faults
from sessions_app.rules.long_term_watch import SHIPPED_WATCHES, Watch
from sessions_app.rules.protocols import PROTOCOL_VERSION, SHIPPED
from sessions_app.words.setting_words import change_words
from tests.api_client import Api, errors_of
from tests.posting import said
from tests.sessions_app.test_protocol_changes import REASON, change
from tests.sessions_app.test_protocol_doors import save

BLADDER = Watch("bladder", 90, 12)


@pytest.fixture
def as_lena(client: Client, lena: Staff, at_chair: Any) -> Client:
    client.force_login(lena)
    return client


def faults(*watches: Watch) -> list[tuple[str, str]]:
    found: list[Fault] = protocol_faults(replace(SHIPPED["iv"], watches=watches))
    return [(fault.field, fault.code) for fault in found]


@pytest.mark.parametrize(
    ("part", "low", "high"), [("every_days", 14, 730), ("every_sessions", 1, 60)]
)
def test_both_ends_of_an_interval_may_be_set_and_nothing_beyond(
    part: str, low: int, high: int
) -> None:
    for value in (low, high, None):
        assert faults(replace(BLADDER, **{part: value})) == []
    for value in (low - 1, high + 1):
        refused = (f"watch_bladder_{part}", "outside_guard_rail")
        assert faults(replace(BLADDER, **{part: value})) == [refused]


def test_an_item_has_an_interval_a_known_name_and_one_line() -> None:
    assert faults(Watch("bladder", None, None)) == [("watch_bladder_every_days", "required")]
    assert faults(Watch("heart", 90, 12)) == [("watches", "unknown_choice")]
    assert faults(BLADDER, BLADDER) == [("watches", "already_used")]
    assert faults() == []


def test_a_change_is_told_in_words() -> None:
    own = (Watch("bladder", 30, None), Watch("craving", None, 1))
    changes = protocol_changes(SHIPPED["iv"], replace(SHIPPED["iv"], watches=own))
    assert [change_words(one) for one in changes] == [
        "Long-term watch, Bladder: every 30 days, was every 90 days or 12 doses",
        "Long-term watch, Memory and thinking: not watched, was every 90 days or 12 doses",
        "Long-term watch, Craving: every 1 dose, was every 90 days or 12 doses",
        "Long-term watch, Liver enzymes: not watched, was every 90 days or 12 doses",
    ]


def test_a_version_from_before_the_watch_keeps_what_ships(lena: Staff) -> None:
    held = change(lena, watch_min=90)
    assert held.sets_watch and held.watches.count() == len(SHIPPED_WATCHES)
    old = ProtocolVersion.objects.create(
        **{
            field.attname: getattr(held, field.attname)
            for field in ProtocolVersion._meta.concrete_fields
            if field.name not in ("id", "number", "sets_watch")
        },
        number=2,
    )
    assert not ProtocolWatch.objects.filter(protocol=old).exists()
    assert protocol_in_force(lena.clinic_id, "iv").watches == SHIPPED_WATCHES


def test_the_lead_sets_it_by_the_page(as_lena: Client, lena: Staff) -> None:
    page = said(as_lena.get(reverse("clinic:protocol", args=["iv"])))
    assert "Long-term watch" in page and 'name="watch_liver_every_sessions"' in page
    changed = {"watch_bladder_every_days": "60", "watch_bladder_every_sessions": None}
    emptied = {"watch_liver_every_days": None, "watch_liver_every_sessions": None}
    answer = save(as_lena, **changed, **emptied)
    assert answer.status_code == 302
    watches = {watch.item: watch for watch in protocol_in_force(lena.clinic_id, "iv").watches}
    assert watches["bladder"] == Watch("bladder", 60, None) and "liver" not in watches
    history = said(as_lena.get(answer.url))
    assert "Long-term watch, Liver enzymes: not watched, was every 90 days" in history


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"watch_bladder_every_days": "13"}, "can be set to 14–730\N{NO-BREAK SPACE}d"),
        ({"watch_bladder_every_sessions": "61"}, "You entered 61."),
        ({"watch_bladder_every_days": "often"}, "must be a number"),
    ],
)
def test_a_wrong_interval_is_refused_beside_its_field(
    as_lena: Client, changes: dict[str, str], words: str
) -> None:
    answer = save(as_lena, **changes)
    assert answer.status_code == 422 and words in said(answer)
    assert answer.context["form"].errors.keys() == changes.keys()


@pytest.mark.usefixtures("at_chair")
def test_the_api_gives_and_takes_it(lena: Staff) -> None:
    api = Api(lena)
    shipped = [vars(watch) for watch in SHIPPED_WATCHES]
    assert api.get("protocols/im/").json()["watches"] == shipped
    body = {"route": "im", "version": PROTOCOL_VERSION, "reason": REASON}
    own = [{"item": "bladder", "every_days": 30}]
    made = api.post("protocol-versions/", **body, watches=own)
    assert made.status_code == 201
    kept = [{"item": "bladder", "every_days": 30, "every_sessions": None}]
    assert made.json()["protocol"]["watches"] == kept
    body["version"] = "clinic-im-1"
    kept_on = api.post("protocol-versions/", **body, watch_min=100)
    assert kept_on.json()["protocol"]["watches"] == kept, "what is not named stays"
    body["version"] = "clinic-im-2"
    twice = api.post("protocol-versions/", **body, watches=[*own, *own])
    assert errors_of(twice) == {"watches": "already_used"}
    unknown = api.post("protocol-versions/", **body, watches=[{"item": "heart", "every_days": 30}])
    assert errors_of(unknown) == {"watches": "unknown_choice"}
