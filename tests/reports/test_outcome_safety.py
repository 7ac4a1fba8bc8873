"""The tile of what it cost says what the safety page says, to those who may see that page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from django.test import Client

from reports.dashboards import OutcomeFilter, outcomes
from reports.dashboards.outcome_safety import safety_tile
from reports.dashboards.safety.words import interval_words, share_words
from sessions_app.models import Clinic, Staff
from tests.reports.invented import random_clinic
from tests.reports.safety_clinic import safety_clinic

pytestmark = pytest.mark.usefixtures("few_replicates")

LABEL = "of sessions reached 180 or 110 mmHg"


def plain(words: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", words))


@pytest.mark.parametrize("query", ["indication=all", "indication=all&route=iv"])
def test_the_tile_says_what_the_safety_page_of_the_same_filter_says(
    query: str, as_lena: Client, northside: Clinic, nia: Staff
) -> None:
    safety_clinic(northside, nia, patients=40, seed=3)
    theirs = as_lena.get("/api/v1/safety/", {"route": "iv"} if "route" in query else {}).json()
    severe = theirs["pressure"]["all"]["severe"]["sessions"]
    effect = theirs["effects"]["all"]["effects"]["any"]["sessions"]
    assert severe["n"] > 0
    page = as_lena.get(f"/outcomes/?{query}").content.decode()
    tile = plain(page[page.index(LABEL) - 120 : page.index(LABEL) + 400])
    for words in (
        f"{share_words(severe['share'])} {LABEL} 95 % interval {interval_words(severe)}",
        f"Safety: a side effect in {share_words(effect['share'])}",
    ):
        assert plain(words) in tile
    assert f'href="/safety/{"?route=iv" if "route" in query else ""}"' in page


def test_fewer_patients_with_a_pressure_than_the_minimum_have_no_number(
    northside: Clinic, nia: Staff, lena: Staff
) -> None:
    random_clinic(northside, nia, patients=12, sessions=2)
    tile = safety_tile(lena, outcomes(lena, OutcomeFilter()))
    assert tile is not None
    assert (tile.value, tile.note) == ("–", "n < 10, not shown")


@pytest.mark.parametrize(
    "asked",
    [
        {"dose": "iv-0.5"},
        {"sessions": "1"},
        {"age": "35-49"},
        {"first_only": True},
    ],
)
def test_what_the_safety_page_cannot_choose_has_a_link_and_no_number(
    asked: dict[str, object], northside: Clinic, nia: Staff, lena: Staff
) -> None:
    safety_clinic(northside, nia, patients=30, seed=3)
    since = date(2020, 1, 1)
    found = outcomes(lena, OutcomeFilter(indication="", date_from=since))
    tile = safety_tile(lena, replace(found, filter=replace(found.filter, **asked)))
    assert tile is not None
    assert (tile.value, tile.query) == ("–", "from=2020-01-01")


def test_who_may_not_see_the_safety_page_has_no_tile(
    as_remy: Client, northside: Clinic, nia: Staff
) -> None:
    safety_clinic(northside, nia, patients=30, seed=3)
    page = as_remy.get("/outcomes/?indication=all").content.decode()
    assert "median time to relief" in page
    assert LABEL not in page
    assert "/safety/" not in page
