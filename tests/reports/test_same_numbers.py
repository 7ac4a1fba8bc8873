"""The same rows, once kept in the database and once written to two files, give the same numbers.

The command reads the files and knows no database, so the pages agree with it on every engine, and
with that SQLite and PostgreSQL with each other.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from sessions_app.models import Clinic, Staff
from tests.conftest import START, make_course, make_patient
from tests.reports.invented import devices, infusion, injection, score
from tests.reports.relief_clinic import CHECK_IN_HEADER, SESSION_HEADER, write

pytestmark = pytest.mark.usefixtures("few_replicates")

GIVE = {"iv": infusion, "im": injection, "intranasal": devices}
HOURS = (2, 24, 72, 168, 168, 336, 336.5)
MICROSECOND = timedelta(microseconds=1)
# What the page is asked for, and the same in the words of the command.
FILTERS: dict[str, tuple[str, ...]] = {
    "indication=all": (),
    "response=30&loss=20&confirm=2&confirm_onset=2": (
        *("--response-frac", "0.3", "--loss-frac", "0.2"),
        *("--confirm-loss", "2", "--confirm-onset", "2"),
    ),
    "baseline=session&response=70": ("--baseline-mode", "session", "--response-frac", "0.7"),
}
TRENDS = {"within": "trend_within_patients", "between": "trend_within_between"}
Row = dict[str, str]
Files = tuple[list[str], list[str]]


def invented(clinic: Clinic, by: Staff, seed: int) -> Files:
    """Patients with sessions and answers in the database, and the lines of the two files.

    Answers fall on doses, on the ends of windows and a microsecond beside them; some stand twice
    at one instant, with the same score or another.
    """
    dice = Random(seed)
    sessions, check_ins = [SESSION_HEADER], [CHECK_IN_HEADER]
    for number in range(33):
        route = dice.choice([*GIVE, ("iv", "im", "intranasal")[number % 3]])
        patient = make_patient(clinic, f"S-{seed}-{number}", "Sam", f"Same{number}")
        course = make_course(patient)
        at = START + timedelta(days=dice.randrange(9), microseconds=dice.randrange(10**6))
        taken: list[tuple[datetime, int]] = []
        for k in range(dice.randrange(1, 5)):
            GIVE[route](course, by, at)
            sessions.append(f"{number:02d},{k},{at.isoformat()},{route},,")
            if dice.random() < 0.9:
                taken.append((at - timedelta(hours=dice.choice((0, 1))), dice.randrange(1, 5)))
            for hours in dice.sample(HOURS, 5):
                moment = at + timedelta(hours=hours) + dice.choice((-1, 0, 0, 1)) * MICROSECOND
                taken.append((moment, dice.randrange(11)))
            at += timedelta(days=dice.choice((7, 14, 14, 21, 95)))
        for moment, value in taken:
            score(patient, moment, value)
            check_ins.append(f"{number:02d},{moment.isoformat()},mood_0_10,{value}")
    return sessions, check_ins


def command(folder: Path, files: Files, options: tuple[str, ...]) -> dict[str, Any]:
    out = folder / "out.json"
    names = write(folder, *files)
    given = ("--instrument", "mood_0_10", "--models", "--json", str(out))
    call_command("relief", *names, *given, *options)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def numbers(
    rows: list[dict[str, str]], kind: str, curve: str, group: str, *names: str
) -> list[Any]:
    """The columns of a kind of row of the file, as numbers."""
    chosen = [
        row for row in rows if (row["kind"], row["curve"], row["group"]) == (kind, curve, group)
    ]
    return [tuple(float(row[name]) if row[name] else None for name in names) for row in chosen]


def check_file(rows: list[Row], curve: str, group: str, theirs: dict[str, Any]) -> None:
    """Every step of a right-point curve, with its counts and bounds."""
    columns = ("hi_hours", "value", "lower", "upper", "n_risk", "n_event")
    fields = ("time", "surv", "lower", "upper", "n_risk", "n_event")
    found = [
        tuple(float(row[name]) if row[name] else None for name in columns)
        for row in rows
        if (row["kind"], row["curve"], row["group"]) == ("right_point", curve, group)
    ]
    assert found == list(zip(*(theirs[field] for field in fields), strict=True))


@pytest.mark.parametrize(("seed", "query"), list(enumerate(FILTERS)))
def test_page_api_file_and_command_give_the_same_numbers(
    client: Client,
    northside: Clinic,
    nia: Staff,
    remy: Staff,
    tmp_path: Path,
    seed: int,
    query: str,
) -> None:
    files = invented(northside, nia, seed)
    theirs = command(tmp_path, files, FILTERS[query])
    client.force_login(remy)
    ours = client.get(f"/api/v1/outcomes/?{query}").json()
    text = client.get(f"/outcomes.csv?{query}").content.decode()
    page = client.get(f"/outcomes/?{query}").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))

    assert ours["counts"] == theirs["counts"]
    assert ours["sessions"] == len(theirs["episodes"]) == len(files[0]) - 1
    quality = ("exact_copies", "conflicting_scores", "recall_overlap")
    assert {name: ours["check_ins"][name] for name in quality} == {
        name: theirs["data_quality"][name] for name in quality
    }
    for curve in ("onset", "relief"):
        mine, other = ours[curve], theirs[curve]
        for block in ("right", "midpoint", "turnbull"):
            assert mine[block] == other[block], (curve, block)
        check_file(rows, curve, "all", other["right"])
        shown = [name for name, group in mine["groups"].items() if not group["suppressed"]]
        assert shown
        for route in shown:
            without_tau = {
                name: value
                for name, value in other["by_route"]["groups"][route].items()
                if name not in ("tau", "rmst", "rmst_se", "why")
            }
            assert without_tau.items() <= mine["groups"][route]["right"].items()
            check_file(rows, curve, route, other["by_route"]["groups"][route])
    for mine_name, name in TRENDS.items():
        mine, other = ours["trend"][mine_name], theirs["models"]["relief"][name]
        assert (mine["terms"] is None) is (other["terms"] is None)
        for one, two in zip(mine["terms"] or (), other["terms"] or (), strict=True):
            assert one["hazard_ratio"] == pytest.approx(two["hazard_ratio"], rel=1e-9)
            assert one["lower"] == pytest.approx(two["lower"], rel=1e-9)
    response = theirs["counts"]["response"]
    assert f'relief seen</th><td class="num">{response}<' in page
