"""The rows behind the outcomes as Parquet: described, complete, and the numbers of the CSV."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from reports.dashboards.outcome_selection import ages
from reports.episodes import derive
from reports.exports.dictionary import CHECK_INS, EPISODES, FACTS, POINTS, SESSIONS
from reports.exports.outcome_rows import TABLES
from reports.exports.parquet import csv_of
from reports.response_rule import ResponseRule
from sessions_app.models import AuditEvent, Clinic, Patient, Staff
from sessions_app.spreadsheet import safe_cell
from tests.reports.invented import random_clinic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_replicates")]
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "=cmd|' /C calc'!A0")


@pytest.fixture
def treated(northside: Clinic, nia: Staff) -> list[Patient]:
    """Ten on one route, two on another: one group is shown, the other is not."""
    many = random_clinic(northside, nia, patients=10, sessions=2, routes=("iv",))
    return many + random_clinic(northside, nia, patients=2, sessions=2, seed=3, routes=("im",))


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return {name: found.read(name) for name in found.namelist()}


def tables(files: dict[str, bytes]) -> dict[str, pa.Table]:
    return {
        name.removesuffix(".parquet"): pq.read_table(io.BytesIO(content))
        for name, content in files.items()
        if name.endswith(".parquet")
    }


def about(table: pa.Table) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(table.schema.metadata[b"afterglow"])
    return found


def test_the_zip_holds_what_the_episodes_are_made_of(
    client: Client, dr_patel: Staff, treated: list[Patient]
) -> None:
    client.force_login(dr_patel)
    answer = client.get("/outcomes.zip", {"route": "iv"})
    files = unzipped(answer.content)
    found = tables(files)
    assert set(files) == {
        *(f"{name}.parquet" for name in TABLES),
        *("outcomes.csv", "data-dictionary.csv"),
    }
    assert found["sessions"].num_rows == found["facts"].num_rows == 20
    assert set(found["episodes"]["patient_id"].to_pylist()) == {str(one.pk) for one in treated[:10]}

    told = about(found["episodes"])
    assert told["data_as_of"] <= told["rows_as_of"]
    assert told["filter"]["route"] == "iv"
    given = told["parameters"]
    rule = ResponseRule.for_instrument(given["instrument"], baseline_mode=given["baseline_mode"])
    assert rule.parameters() == given
    again = derive(found["sessions"].to_pandas(), found["check_ins"].to_pandas(), rule)
    out = found["episodes"].to_pandas()
    pd.testing.assert_frame_equal(
        again.astype(object).where(again.notna(), None),
        out.astype(object).where(out.notna(), None),
        check_dtype=False,
    )
    line = AuditEvent.objects.get(tag="export")
    assert (line.by, line.reason) == (dr_patel, "outcomes.zip")


def test_every_column_says_what_it_holds_in_the_schema_and_in_the_dictionary(
    client: Client, dr_patel: Staff, treated: list[Patient]
) -> None:
    client.force_login(dr_patel)
    files = unzipped(client.get("/outcomes.zip").content)
    lines = list(csv.DictReader(io.StringIO(files["data-dictionary.csv"].decode())))
    described = {(line["table"], line["column"]): line for line in lines}
    for name, table in tables(files).items():
        for field in table.schema:
            line = described.pop((name, field.name))
            assert field.metadata[b"description"].decode() == line["description"] != ""
            assert field.metadata[b"unit"].decode() == line["unit"]
    assert described == {}
    hours = {c.name for c in EPISODES if c.unit == "h"}
    assert hours >= {"onset_lo", "onset_hi", "relief_lo", "relief_right"}


def test_curves_hold_every_line_of_the_csv_and_numbers_stay_numbers(
    client: Client, dr_patel: Staff, treated: list[Patient]
) -> None:
    client.force_login(dr_patel)
    files = unzipped(client.get("/outcomes.zip").content)
    lines = list(csv.DictReader(io.StringIO(files["outcomes.csv"].decode())))
    points = tables(files)["curves"].to_pylist()
    assert len(lines) == len(points) > 50
    for line, point in zip(lines, points, strict=True):
        said = point["value"] if point["text"] is None else point["text"]
        if line["value"] and point["text"] is None:
            assert float(line["value"]) == said
        else:
            assert line["value"] == (said or "")
        for name in ("lo_hours", "hi_hours", "lower", "upper", "n_risk", "n_event"):
            assert (float(line[name]) if line[name] else None) == point[name]
    hidden = [line for line in points if line["kind"] == "suppressed" and line["curve"] == "onset"]
    assert [line["group"] for line in hidden] == ["im"]


def test_no_name_and_no_number_of_a_patient_is_in_it(
    client: Client, dr_patel: Staff, treated: list[Patient]
) -> None:
    client.force_login(dr_patel)
    files = unzipped(client.get("/outcomes.zip").content)
    text = "".join(str(table.to_pylist()) for table in tables(files).values())
    for patient in treated:
        for secret in (patient.number, patient.family_name, patient.phone):
            assert secret not in text


def test_the_api_gives_the_same_tables(client: Client, lena: Staff, treated: list[Patient]) -> None:
    client.force_login(lena)
    page = tables(unzipped(client.get("/outcomes.zip", {"sessions": "1"}).content))
    api = tables(unzipped(client.get("/api/v1/outcomes/rows/", {"sessions": "1"}).content))
    assert page["episodes"].num_rows == 12
    for name in TABLES:
        if name != "curves":  # which says when it was computed
            assert page[name].to_pylist() == api[name].to_pylist()
    refused = client.get("/api/v1/outcomes/rows/", {"route": "rocket"})
    assert refused.status_code == 422
    assert client.get("/outcomes.zip", {"route": "rocket"}).status_code == 422


@pytest.mark.parametrize("text", FORMULAS)
def test_a_spreadsheet_runs_no_text_of_a_table(text: str) -> None:
    rows = pa.table({"instrument": [text], "score": [Decimal("-5.00")], "mean": [-1.5]})
    (line,) = csv.DictReader(io.StringIO(csv_of(rows).decode()))
    assert line["instrument"] == f"'{text}"
    assert (line["score"], line["mean"]) == ("-5.00", "-1.5")


def test_a_missing_value_is_null_in_parquet_and_an_empty_cell_in_csv() -> None:
    from reports.exports.parquet import table_of

    frame = pd.DataFrame(
        {"session_id": ["s"], "drug": [None], "indication": ["depression"], "origin": ["live"]}
    )
    table = table_of(frame, FACTS, {})
    assert table["drug"].null_count == 1
    assert csv_of(table).decode().splitlines()[1] == "s,,depression,live"


def test_columns_of_the_dictionary_are_named_once() -> None:
    for columns in (SESSIONS, FACTS, CHECK_INS, EPISODES, POINTS):
        names = [column.name for column in columns]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert str(safe_cell(text)).startswith("'")


def test_an_age_is_in_completed_years() -> None:
    born = pd.Series([date(1976, 3, 2)] * 3 + [date(1976, 2, 29), None])
    days = [date(2026, 3, 1), date(2026, 3, 2), date(2026, 12, 1), date(2026, 2, 28)]
    found = ages(born, pd.Series([*days, date(2026, 1, 1)]))
    assert found.tolist()[:4] == [49, 50, 50, 49]
    assert found.isna().tolist() == [False] * 4 + [True]
