"""A group of too few patients is named, has no number, and takes no room from the others."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.core.cache import cache
from django.test import Client

from sessions_app.models import Clinic, Staff
from tests.reports.invented import random_clinic

pytestmark = pytest.mark.usefixtures("few_replicates")


def test_a_small_group_is_named_and_has_no_number(
    as_remy: Client, northside: Clinic, nia: Staff
) -> None:
    random_clinic(northside, nia, patients=12, sessions=2, routes=("iv",))
    random_clinic(northside, nia, patients=3, sessions=2, routes=("im",), seed=3)
    ours = as_remy.get("/api/v1/outcomes/").json()
    assert ours["onset"]["groups"]["im"] == {"suppressed": True}
    assert ours["onset"]["groups"]["iv"]["patients"] == 12
    page = as_remy.get("/outcomes/").content.decode()
    assert page.count("Fewer than 10 patients, not shown: ketAMINE IM.") == 4
    rows = csv.DictReader(io.StringIO(as_remy.get("/outcomes.csv").content.decode()))
    small = [row for row in rows if row["group"] == "im"]
    assert {row["curve"] for row in small} == {"onset", "relief", "mood"}
    assert {row["kind"] for row in small} == {"suppressed"}
    assert not [row for row in small if row["value"] or row["lower"] or row["n_event"]]


def test_a_small_group_takes_no_room_from_the_others(
    as_remy: Client, northside: Clinic, nia: Staff
) -> None:
    def panels(curve: str) -> list[str]:
        svg = as_remy.get(f"/outcomes/{curve}.svg").content.decode()
        assert "not shown" not in svg or curve == "sessions"
        return re.findall(r">(ketAMINE [^<]*|ESketamine [^<]*)</text>", svg)

    random_clinic(northside, nia, patients=12, sessions=2, routes=("iv",))
    alone = {curve: panels(curve) for curve in ("onset", "relief", "mood", "sessions")}
    assert set(map(tuple, alone.values())) == {("ketAMINE IV",)}
    random_clinic(northside, nia, patients=3, sessions=2, routes=("im",), seed=3)
    cache.clear()
    assert {curve: panels(curve) for curve in alone} == alone
    assert as_remy.get("/api/v1/outcomes/").json()["patients"] == 15


def test_groups_that_are_all_too_small_are_named_and_nothing_is_drawn(
    as_remy: Client, northside: Clinic, nia: Staff
) -> None:
    for seed, route in enumerate(("iv", "im")):
        random_clinic(northside, nia, patients=6, sessions=2, routes=(route,), seed=seed)
    assert as_remy.get("/outcomes/onset.svg").status_code == 404
    page = as_remy.get("/outcomes/").content.decode()
    assert page.count("Fewer than 10 patients, not shown: ketAMINE IM, ketAMINE IV.") == 4
    assert "12 patients, 24 sessions" in page
    # What all of them did together is there as numbers.
    assert page.count("The numbers of this chart") == 5
