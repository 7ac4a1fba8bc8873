"""Outcomes by group and below the two curves: the same numbers at every door."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from reports.dashboards.outcome_curve_tables import group_table
from reports.dashboards.ranges import span_words
from sessions_app.models import Clinic, Patient, Staff
from tests.conftest import START
from tests.reports.invented import random_clinic

pytestmark = pytest.mark.usefixtures("few_replicates")

GROUPS = {
    "route": {"iv", "im", "intranasal"},
    "dose": {"k-low", "e-low"},
    "sessions": {"1", "2-4"},
    "indication": {"depression"},
}


@pytest.fixture
def treated(northside: Clinic, nia: Staff) -> list[Patient]:
    """Eleven patients on each of three routes."""
    return random_clinic(northside, nia, patients=33, sessions=3)


def asked(client: Client, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/outcomes/?{query}").json()
    return found


def lines(client: Client, query: str = "") -> list[dict[str, str]]:
    text = client.get(f"/outcomes.csv?{query}").content.decode()
    return list(csv.DictReader(io.StringIO(text)))


def told(rows: list[dict[str, str]], kind: str, **facts: str) -> list[dict[str, str]]:
    wanted = {"kind": kind, **facts}.items()
    return [row for row in rows if wanted <= row.items()]


def points(rows: list[dict[str, str]], curve: str, group: str) -> list[tuple[float, float]]:
    chosen = told(rows, "right_point", curve=curve, group=group)
    return [(float(row["hi_hours"]), float(row["value"])) for row in chosen]


def test_groups_are_made_by_what_is_compared(as_remy: Client, treated: list[Patient]) -> None:
    whole = asked(as_remy)
    for compare, groups in GROUPS.items():
        ours = asked(as_remy, f"compare={compare}")
        rows = lines(as_remy, f"compare={compare}")
        for curve in ("onset", "relief"):
            assert set(ours[curve]["groups"]) == groups
            assert ours[curve]["turnbull"] == whole[curve]["turnbull"], "of all it is the same"
            members = [each["sessions"] for each in ours[curve]["groups"].values()]
            assert sum(members) == ours[curve]["sessions"]
            for name in groups:
                one = ours[curve]["groups"][name]["right"]
                assert points(rows, curve, name) == list(zip(one["time"], one["surv"], strict=True))
        assert set(ours["mood"]["groups"]) == set(ours["by_session"]["groups"]) == groups
        assert ours["ungrouped"] == 0
        page = as_remy.get(f"/outcomes/?compare={compare}").content.decode()
        assert page.count('class="ch"') == 5
        assert f'<option value="{compare}" selected>' in page


def test_page_file_and_json_say_the_same_below_the_curves(
    as_remy: Client, treated: list[Patient]
) -> None:
    ours, rows = asked(as_remy), lines(as_remy)
    page = as_remy.get("/outcomes/").content.decode()
    point = ours["mood"]["groups"]["iv"]["points"][1]
    (line,) = told(rows, "change", group="iv", hi_hours="24.0")
    assert [float(line[name]) for name in ("value", "lower", "upper")] == [
        point[name] for name in ("mean", "lower", "upper")
    ]
    words = f"{point['mean']:+.1f}".replace("-", "−")
    assert f'<td class="num">{words}</td>' in page
    first = ours["by_session"]["all"][0]
    (line,) = told(rows, "median_by_session", group="all", name="session 1")
    assert float(line["value"]) == first["median"]
    # The table says how many ends of relief a median rests on.
    table = re.search(r'id="sessions-title".*?</table>', page, re.S)
    assert table is not None and "Ends seen" in table[0]
    assert re.findall(r'<td class="num">([^<]*)</td></tr>', table[0])[0] == str(first["events"])
    quarter = ours["by_quarter"][0]
    (line,) = told(rows, "median_by_quarter", name=quarter["quarter"])
    assert float(line["value"]) == quarter["median"]
    within = ours["trend"]["within"]
    ratios = told(rows, "hazard_ratio", group="within") + told(rows, "refused", group="within")
    assert len(ratios) == 1
    if within["terms"] is None:
        assert ratios[0]["name"] == within["why"]["terms"]
    else:
        assert float(ratios[0]["value"]) == within["terms"][0]["hazard_ratio"]
        assert f"{within['terms'][0]['hazard_ratio']:.2f} times the rate" in page
    whole = ours["whole_course"]
    assert points(rows, "whole_course", "all") == list(
        zip(whole["right"]["time"], whole["right"]["surv"], strict=True)
    )
    assert "With later sessions as part of the treatment: median" in page
    by_7_days = ours["onset"]["shares"][1]
    right = ours["onset"]["right"]
    last = max(i for i, time in enumerate(right["time"]) if time <= 168)
    assert by_7_days["seen"] == pytest.approx(1 - right["surv"][last], abs=1e-12)
    assert by_7_days["lower"] != 1 - right["upper"][last], "patients have several sessions"
    assert f"7\u00a0d {round(by_7_days['seen'] * 100)}" in page
    mean = f"{ours['relief']['right']['rmst'] / 24:.1f}".removesuffix(".0")
    assert re.search(rf"Mean relief within the first \d+\u00a0d: {mean} d \(95 % interval", page)
    assert "p =" not in page and "p-value" not in page


def test_relief_over_the_whole_course_is_that_of_the_sessions_asked_for(
    as_remy: Client, treated: list[Patient]
) -> None:
    ours = asked(as_remy, "route=iv")
    assert ours["whole_course"]["sessions"] == ours["relief"]["sessions"]
    assert ours["whole_course"]["sessions"] < asked(as_remy)["whole_course"]["sessions"]


def test_times_that_read_the_same_are_one_line_of_the_table() -> None:
    right = {
        "time": [60.0, 65.0, 80.0],
        "surv": [0.9, 0.8, 0.5],
        "lower": [0.7, 0.6, None],
        "upper": [0.95, 0.9, None],
        "n_risk": [20, 18, 9],
        "n_event": [2, 1, 3],
        "median": 80.0,
        "rmst": None,
    }
    npmle = {"intervals": [[0.0, 60.0], [0.0, 65.0]], "surv_after": [0.9, 0.8]}
    block = {"right": right, "turnbull": {**npmle, "median_bracket": [60.0, 65.0]}}
    table = group_table("All", {**block, "patients": 20, "sessions": 20}, span_words, rises=False)
    days = [(line.when, line.value, line.n_risk, line.n_event) for line in table.lines]
    assert days == [("≤ 3\u00a0d", "80\u00a0%", 20, 3), ("≤ 4\u00a0d", "50\u00a0%", 9, 3)]
    assert [line.interval for line in table.lines] == ["60\u00a0% – 90\u00a0%", "–"]
    assert table.intervals == (("≤ 3\u00a0d", "80\u00a0%"),)


def test_one_session_of_each_patient_can_be_asked_for(
    as_remy: Client, treated: list[Patient]
) -> None:
    ours = asked(as_remy, "episodes=first")
    assert ours["sessions"] == ours["patients"] == 33
    assert ours["onset"]["sessions"] == ours["onset"]["patients"]


def test_a_dose_band_and_an_age_choose_sessions(as_remy: Client, treated: list[Patient]) -> None:
    assert asked(as_remy, "dose=e-low")["patients"] == 11
    assert asked(as_remy, "dose=k-high")["suppressed"] is True
    born = START.date().replace(year=START.year - 50)
    for k, patient in enumerate(treated):
        Patient.objects.filter(pk=patient.pk).update(
            birth_date=born if k < 12 else date(1900, 1, 1) if k < 24 else born.replace(year=1990)
        )
    assert asked(as_remy, "age=50-64")["patients"] == 12
    assert asked(as_remy, "age=35-49")["suppressed"] is True
    assert asked(as_remy, "age=65-")["suppressed"] is True, "not known"


def test_relief_is_not_lost_above_what_counts_as_relief(
    as_remy: Client, treated: list[Patient]
) -> None:
    ours = asked(as_remy, "loss=25&confirm_onset=2")["parameters"]
    assert (ours["response_frac"], ours["loss_frac"], ours["confirm_onset"]) == (0.5, 0.25, 2)
    page = as_remy.get("/outcomes/?loss=60")
    assert page.status_code == 422
    assert "must not be above what counts as relief" in page.content.decode()
    assert as_remy.get("/outcomes/?loss=60&response=70").status_code == 200
