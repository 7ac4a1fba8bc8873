"""The research export: nobody is named in it, and the curves are those of the page."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from reports.dashboards import OutcomeFilter, outcomes
from reports.exports.research import age_band, coarsened, merged, research, tokens, unnamed
from reports.exports.research_files import TABLES, research_files
from sessions_app.models import (
    AuditEvent,
    Clinic,
    InstrumentScore,
    Patient,
    Staff,
    TreatmentSession,
)
from tests.conftest import START, make_course, make_patient
from tests.reports.invented import infusion, injection, random_clinic, score

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_replicates")]
CURVE = ("time", "n_risk", "n_event", "n_censor", "surv", "lower", "upper", "median", "tau")


@pytest.fixture
def treated(northside: Clinic, nia: Staff) -> list[Patient]:
    """Twelve on one route, two on another, one of them with two doses at the same instant."""
    many = random_clinic(northside, nia, patients=12, sessions=2, routes=("iv",))
    rare = random_clinic(northside, nia, patients=2, sessions=2, seed=5, routes=("im",))
    at = TreatmentSession.objects.filter(patient=rare[0]).latest("dose_started_at")
    injection(at.course, nia, at.dose_started_at or START)
    for patient in many:
        score(patient, START, 30, instrument="sleep_short")
    score(rare[1], START, 12, instrument="phq9")
    return [*many, *rare]


def rows_of(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode())))


def everything_in(files: dict[str, bytes]) -> str:
    """Each file as text, Parquet by its cells and its schema."""
    parts = []
    for name, content in files.items():
        if name.endswith(".parquet"):
            table = pq.read_table(io.BytesIO(content))
            cells = [[str(cell) for cell in column.to_pylist()] for column in table.columns]
            parts.append(f"{table.schema} {table.schema.metadata} {cells}")
        else:
            parts.append(content.decode())
    return "\n".join(parts)


def exported(clinic: Clinic, seed: int = 1) -> dict[str, bytes]:
    return research_files(research(clinic, random.Random(seed)))


def test_nobody_is_named(northside: Clinic, treated: list[Patient], nia: Staff) -> None:
    Patient.objects.filter(pk=treated[0].pk).update(allergies="told us of her sister Ida")
    text = everything_in(exported(northside))
    for patient in treated:
        secrets = (patient.number, patient.family_name, patient.phone, str(patient.pk))
        assert [secret for secret in secrets if secret in text] == []
    for session in TreatmentSession.objects.all():
        assert str(session.pk) not in text
        assert session.dose_started_at is not None
        assert session.dose_started_at.isoformat() not in text
        assert str(session.dose_started_at) not in text
    for answer in InstrumentScore.objects.filter(instrument="mood_0_10"):
        assert str(answer.taken_at) not in text
        assert answer.taken_at.isoformat() not in text
    for typed in ("Ida", "sleep_short", nia.full_name, northside.name, "1979-03-14", "Rui Vale"):
        assert typed not in text


def test_dates_move_by_whole_weeks_of_each_patient_and_intervals_are_kept(
    northside: Clinic, treated: list[Patient]
) -> None:
    files = exported(northside)
    true: dict[str, list[datetime]] = {}
    for patient in treated:
        at = InstrumentScore.objects.filter(patient=patient, instrument="mood_0_10")
        true[str(patient.pk)] = sorted(one.taken_at for one in at)
    told: dict[str, list[datetime]] = defaultdict(list)
    for line in rows_of(files, "check_ins"):
        told[line["patient_id"]].append(datetime.fromisoformat(line["taken_at"]))
    assert len(told) == len(true) == 14

    def steps(times: list[datetime]) -> tuple[timedelta, ...]:
        return tuple(later - earlier for earlier, later in pairwise(times))

    by_steps = {steps(times): times[0] for times in true.values()}
    moved = {times[0] - by_steps.pop(steps(times)) for times in told.values()}
    assert by_steps == {}
    assert all(one % timedelta(weeks=1) == timedelta(0) for one in moved)
    assert all(timedelta(0) < abs(one) <= timedelta(weeks=52) for one in moved)
    assert len(moved) > 5


def test_what_few_patients_had_is_told_of_nobody(northside: Clinic, treated: list[Patient]) -> None:
    found = research(northside, random.Random(1))
    # Two had the rare route: "other" alone would point at them, so both routes are "other".
    assert set(found.sessions["route"]) == {"other"}
    assert found.sessions["dose_mg"].isna().all()
    assert found.left_out == ("PHQ-9",)
    assert set(found.check_ins["instrument"]) == {"mood_0_10"}
    assert "PHQ-9" in research_files(found)["README.txt"].decode()


def test_the_curves_made_of_the_files_are_those_of_the_page(
    northside: Clinic, treated: list[Patient], remy: Staff, tmp_path: Path
) -> None:
    files = exported(northside)
    for name in ("sessions.csv", "check_ins.csv"):
        (tmp_path / name).write_bytes(files[name])
    paths = [str(tmp_path / name) for name in ("sessions.csv", "check_ins.csv")]
    call_command("relief", *paths, instrument="mood_0_10", json=tmp_path / "out.json")
    theirs: dict[str, Any] = json.loads((tmp_path / "out.json").read_text())
    page = outcomes(remy, OutcomeFilter(indication="")).as_json()
    assert theirs["counts"] == page["counts"]
    for curve in ("onset", "relief"):
        for key in CURVE:
            assert theirs[curve]["right"][key] == page[curve]["right"][key], (curve, key)
        assert theirs[curve]["turnbull"] == page[curve]["turnbull"]
    told = [line for line in rows_of(files, "episodes") if line["instrument"] == "mood_0_10"]
    assert [line["status"] for line in told] == [one["status"] for one in theirs["episodes"]]


def test_csv_and_parquet_hold_the_same_and_the_dictionary_names_every_column(
    northside: Clinic, treated: list[Patient]
) -> None:
    files = exported(northside)
    described = {(line["table"], line["column"]) for line in rows_of(files, "data-dictionary")}
    for name in TABLES:
        table = pq.read_table(io.BytesIO(files[f"{name}.parquet"]))
        lines = rows_of(files, name)
        assert {(name, column) for column in table.column_names} <= described
        assert [line[table.column_names[1]] for line in lines] == [
            value.isoformat() if isinstance(value, datetime) else str(value)
            for value in table.column(1).to_pylist()
        ]
        assert table.num_rows == len(lines) > 0


def test_each_export_has_new_ids_and_new_weeks(northside: Clinic, treated: list[Patient]) -> None:
    one, two = exported(northside, 1), exported(northside, 2)
    ids = [{line["patient_id"] for line in rows_of(files, "sessions")} for files in (one, two)]
    assert len(ids[0]) == len(ids[1]) == 14
    assert ids[0].isdisjoint(ids[1])


def test_the_order_of_ids_tells_nothing_of_who_came_first() -> None:
    drawn = tokens(200, random.Random(4))
    assert len(set(drawn)) == 200
    assert drawn != sorted(drawn)


def test_doses_at_one_instant_keep_the_order_of_their_ids() -> None:
    """The last of them, by its id, has the follow-up."""
    doses = pd.DataFrame(
        {
            "patient_id": ["p"] * 8,
            "session_id": list("hgfedcba"),
            "session_start": pd.Series([START] * 8).dt.as_unit("us"),
            "dose_mg": [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0],
        }
    )
    answers = pd.DataFrame({"patient_id": ["p"], "taken_at": [START], "instrument": ["PHQ-9"]})
    told, _ = unnamed(doses, answers, random.Random(1))
    assert told.sort_values("session_id")["dose_mg"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("years", "band"),
    [(17, "0-17"), (18, "18-29"), (29, "18-29"), (30, "30-39"), (89, "80-89"), (90, "90+")],
)
def test_ages_are_bands(years: int, band: str) -> None:
    assert age_band(float(years)) == band


def test_from_90_on_there_is_one_band_and_an_unknown_age_is_said() -> None:
    assert age_band(103.0) == "90+"
    assert age_band(float("nan")) == "unknown"


def test_other_grows_until_it_is_large_enough() -> None:
    routes = ["iv"] * 30 + ["im"] * 12 + ["oral"] * 2 + ["sc"] * 1
    patients = pd.Series([f"p{i}" for i in range(len(routes))])
    found = merged(pd.Series(routes, dtype=object), patients, 10)
    assert found.value_counts().to_dict() == {"iv": 30, "other": 15}
    several = pd.Series(["p0"] * len(routes))
    assert set(merged(pd.Series(routes, dtype=object), several, 10)) == {"other"}


def crowd(ages: list[str]) -> pd.DataFrame:
    n = len(ages)
    return pd.DataFrame(
        {
            "patient_id": [f"p{i}" for i in range(n)],
            "route": ["iv"] * n,
            "drug": ["ketamine"] * n,
            "indication": ["depression"] * n,
            "origin": ["live"] * n,
            "dose_mg": [36.0] * n,
            "weight_kg": [62.4, 31.0, 190.0] + [80.0] * (n - 3),
            "age_band": ages,
        }
    )


def test_an_age_that_few_share_becomes_a_wider_band_or_is_withheld() -> None:
    ages = ["30-39"] * 10 + ["40-49"] * 6 + ["50-59"] * 5 + ["90+"] * 2
    found = coarsened(crowd(ages), 10)
    assert found["age_band"].value_counts().to_dict() == {"30-39": 10, "40-59": 11, "withheld": 2}


def test_the_few_who_were_recorded_elsewhere_do_not_stand_out() -> None:
    rows = crowd(["30-39"] * 25)
    rows["origin"] = ["import"] * 3 + ["live"] * 22
    assert set(coarsened(rows, 10)["origin"]) == {"other"}
    assert set(coarsened(rows, 3)["origin"]) == {"import", "live"}


def test_weights_are_rounded_and_the_ends_are_cut_but_the_dose_band_is_exact() -> None:
    found = coarsened(crowd(["30-39"] * 12), 10)
    assert found["weight_kg"].tolist()[:4] == [60.0, 45.0, 120.0, 80.0]
    assert found["dose_band"].tolist()[:2] == ["k-low", "k-high"]
    assert found["dose_mg"].tolist()[0] == 36.0


def test_the_page_says_what_it_does_and_gives_the_zip(
    client: Client, remy: Staff, treated: list[Patient]
) -> None:
    client.force_login(remy)
    page = client.get("/research/")
    assert page.status_code == 200
    assert "new in each export" in page.content.decode()
    assert not AuditEvent.objects.filter(tag="export").exists()
    answer = client.post("/research/")
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as made:
        assert "README.txt" in made.namelist()
        assert len(made.namelist()) == 10
    line = AuditEvent.objects.get(tag="export")
    assert (line.by, line.reason) == (remy, "research-export.zip")


def test_too_few_patients_are_not_exported_at_either_door(
    client: Client, remy: Staff, northside: Clinic, nia: Staff, tmp_path: Path
) -> None:
    for number in range(9):
        infusion(make_course(make_patient(northside, f"F-{number}", "Pat", "Few")), nia, START)
    client.force_login(remy)
    answer = client.post("/research/")
    assert answer.status_code == 422
    assert "Fewer than 10 patients" in answer.content.decode()
    with pytest.raises(CommandError, match="Too few patients"):
        call_command("research_export", str(tmp_path / "out"), clinic="Northside")
    assert list((tmp_path / "out").iterdir()) == []
    assert not AuditEvent.objects.filter(tag="export").exists()


def test_the_command_fills_an_empty_folder_and_no_other(
    remy: Staff, treated: list[Patient], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    call_command("research_export", str(out), clinic="Northside")
    assert len(list(out.iterdir())) == 10
    assert AuditEvent.objects.get(tag="export").by == remy
    with pytest.raises(CommandError, match="not empty"):
        call_command("research_export", str(out), clinic="Northside")


@pytest.mark.usefixtures("nia")
def test_the_command_asks_for_somebody_who_may(northside: Clinic, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="give --by USERNAME"):
        call_command("research_export", str(tmp_path), clinic="Northside")
    with pytest.raises(CommandError, match="give --by USERNAME"):
        call_command("research_export", str(tmp_path), clinic="Northside", by="nia")
    with pytest.raises(CommandError, match="write one of these: Northside"):
        call_command("research_export", str(tmp_path), clinic="Southside")


def test_no_birth_date_stands_in_the_files(northside: Clinic, treated: list[Patient]) -> None:
    Patient.objects.filter(clinic=northside).update(birth_date=date(1931, 7, 9))
    facts = rows_of(exported(northside), "facts")
    assert {line["age_band"] for line in facts} == {"90+"}
