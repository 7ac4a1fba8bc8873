"""The outcomes as PDF, by command and as figures: the numbers of the page at every door."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone, translation
from pypdf import PdfReader

from reports.dashboards import OutcomeFilter, outcomes
from reports.dashboards.outcome_page import outcome_page
from reports.dashboards.outcomes import compute_ahead
from reports.exports.outcomes_pdf import outcomes_pdf, outcomes_report
from sessions_app.models import AuditEvent, Clinic, Patient, Staff
from tests.reports.invented import random_clinic, score
from tests.reports.pdf_tags import tagged

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("few_replicates"),
]
ALL = {"indication": "all", "route": "iv"}


@pytest.fixture
def treated(northside: Clinic, nia: Staff) -> list[Patient]:
    return random_clinic(northside, nia, patients=11, sessions=2, routes=("iv",))


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return spaced(" ".join(page.extract_text() for page in pages))


def spaced(text: str) -> str:
    """With single plain spaces: a PDF breaks its lines where it likes."""
    return " ".join(text.split())


def test_the_pdf_says_what_the_page_says(as_remy: Client, remy: Staff, treated: Any) -> None:
    answer = as_remy.get("/outcomes.pdf", ALL)
    assert answer["Content-Type"] == "application/pdf"
    text = text_of(answer.content)
    page = outcome_page(outcomes(remy, OutcomeFilter(indication="", route="iv")))
    assert page["counted"] == "11 patients, 22 sessions"
    for tile in page["tiles"]:
        assert spaced(tile.value) in text
    said = [page["counted"], page["missing"], page["bounds"], page["onset"]["text"], page["gaps"]]
    said += [page["relief"]["text"], page["whole_course"], page["kept"], *page["trend"]]
    assert page["trend"]
    for sentence in (*said, "Not assigned at random.", "Northside"):
        assert spaced(sentence) in text, sentence
    for line in [*page["statuses"], *page["censoring"]]:
        assert spaced(f"{line.label} {line.n} {line.share}") in text
    for group in (*page["onset"]["tables"], *page["relief"]["tables"]):
        counts = f"{group.name} {group.patients} {group.sessions}"
        assert group.median != group.right_median
        assert spaced(f"{counts} {group.median} {group.right_median}") in text, group.name
    (whole, *_groups) = page["by_session"]
    for line in (one for one in whole.lines if one.value):
        row = (line.name, line.value, line.interval, line.patients, line.sessions, line.more)
        assert spaced(" ".join(row)) in text, line.name
    for definition in page["definitions"]:
        assert spaced(f"{definition.label} {definition.value}") in text
    assert AuditEvent.objects.get(tag="export").reason == "outcomes.pdf"


def test_the_pdf_is_tagged_and_its_charts_have_words(
    as_remy: Client, remy: Staff, treated: Any
) -> None:
    made = PdfReader(io.BytesIO(as_remy.get("/outcomes.pdf", ALL).content))
    catalog: Any = made.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en"
    assert made.metadata is not None
    assert made.metadata.title == "Outcomes, Northside"
    found = outcomes(remy, OutcomeFilter(indication="", route="iv"))
    charts = [block for block in outcomes_report(found, "N").blocks if block["kind"] == "chart"]
    assert len(charts) >= 3
    alts = [str(one["/Alt"]) for one in tagged(made) if "/Alt" in one]
    assert [one for one in alts if one] == [chart["alt"] for chart in charts]
    assert charts[0]["alt"].startswith("All groups together: median time to relief")


def test_the_pdf_speaks_the_readers_language(remy: Staff, treated: Any) -> None:
    found = outcomes(remy, OutcomeFilter(indication=""))
    with translation.override("es"):
        text = text_of(outcomes_pdf(found, "Northside", timezone.now()))
    assert "Resultados" in text
    assert "Not assigned at random" not in text


def test_an_onset_that_looks_back_is_told_in_weeks_with_its_warning(
    as_remy: Client, treated: list[Patient]
) -> None:
    for patient in treated:
        first = patient.sessions.earliest("dose_started_at").dose_started_at
        for day, severity in ((-1, 20), (6, 4)):
            score(patient, first + timedelta(days=day), severity, instrument="phq9")
    text = text_of(as_remy.get("/outcomes.pdf", {**ALL, "instrument": "phq9"}).content)
    assert "PHQ-9 asks about the last 14 days, so its answers reach back" in text
    assert "not measurable: looks back 14 days" in text
    assert as_remy.get("/outcomes/onset.svg", {**ALL, "instrument": "phq9"}).status_code == 404


def test_a_large_analysis_says_where_its_intervals_come_from(
    as_remy: Client, northside: Clinic, treated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.dashboards.intervals_ahead.MOST_SESSIONS", 5)
    before = text_of(as_remy.get("/outcomes.pdf", ALL).content)
    assert "for this selection nobody has done it: it is shown without those intervals" in before
    compute_ahead(northside, OutcomeFilter(indication="", route="iv"))
    cache.clear()
    now = text_of(as_remy.get("/outcomes.pdf", {**ALL, "fresh": "1"}).content)
    assert "these intervals were computed on" in now
    cache.clear()
    ahead = text_of(as_remy.get("/outcomes.pdf", ALL).content)
    assert "So many sessions are resampled ahead" not in ahead
    assert "Not assigned at random." in ahead


def test_too_few_patients_leave_words_and_no_number(
    as_remy: Client, northside: Clinic, nia: Staff
) -> None:
    random_clinic(northside, nia, patients=9, sessions=1, routes=("iv",))
    text = text_of(as_remy.get("/outcomes.pdf", ALL).content)
    assert "Fewer than 10 patients: not drawn, no number shown." in text
    assert "9 patients" not in text
    assert as_remy.get("/outcomes/onset.svg", ALL).status_code == 404


def test_the_command_writes_what_the_other_doors_give(
    as_remy: Client, remy: Staff, treated: Any, tmp_path: Path
) -> None:
    paths = {name: tmp_path / f"out.{name}" for name in ("pdf", "json", "csv")}
    options = {f"--{name}": str(path) for name, path in paths.items()}
    asked = {**ALL, "from": "2026-01-01"}
    given = {"--clinic": "Northside", **{f"--{name}": value for name, value in asked.items()}}
    words = [part for pair in {**options, **given}.items() for part in pair]
    call_command("report", "outcomes", *words)
    api = as_remy.get("/api/v1/outcomes/", asked).json()
    assert json.loads(paths["json"].read_text()) == api
    page = as_remy.get("/outcomes.csv", asked).content.decode()
    assert paths["csv"].read_bytes().decode() == page
    assert "11 patients, 22 sessions" in text_of(paths["pdf"].read_bytes())
    lines_of = AuditEvent.objects.filter(tag="export", reason="outcomes by command")
    assert [line.by for line in lines_of] == [remy]


def test_the_command_refuses_in_the_words_of_the_page_and_writes_nothing(
    remy: Staff, tmp_path: Path
) -> None:
    out = str(tmp_path / "out.json")
    with pytest.raises(CommandError, match="--from: Doses from must be a day"):
        call_command("report", "outcomes", clinic="Northside", out_json=out, filter_from="May")
    with pytest.raises(CommandError, match="Say what to write"):
        call_command("report", "outcomes", clinic="Northside")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CommandError, match="cannot be written"):
        call_command(
            "report", "outcomes", clinic="Northside", out_json=tmp_path / "missing" / "out.json"
        )
    assert list(tmp_path.iterdir()) == []


def test_each_figure_is_a_file_of_its_own(as_remy: Client, treated: Any) -> None:
    page = as_remy.get("/outcomes/", ALL).content.decode()
    for name in ("onset", "relief", "mood", "sessions", "quarters"):
        answer = as_remy.get(f"/outcomes/{name}.svg", ALL)
        if answer.status_code == 404:
            assert f'id="{name}-chart-title"' not in page
            continue
        svg = answer.content.decode()
        assert svg.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns=')
        assert svg.partition("\n")[2].strip() in page
    svg = as_remy.get("/outcomes/onset.svg", ALL)
    assert svg["Content-Disposition"] == 'attachment; filename="onset.svg"'
    png = as_remy.get("/outcomes/onset.png", ALL).content
    width = int.from_bytes(png[16:20], "big")
    assert (png[:8], width) == (b"\x89PNG\r\n\x1a\n", 1308)
    assert as_remy.get("/outcomes/onset.png", ALL).content == png
    assert AuditEvent.objects.filter(tag="export", reason="onset.png").count() == 2


def test_a_figure_that_is_not_there_answers_404(as_remy: Client, treated: Any) -> None:
    for path in ("nobody.svg", "onset.gif", "onset.exe"):
        assert as_remy.get(f"/outcomes/{path}", ALL).status_code == 404
    assert as_remy.get("/outcomes/onset.svg", {"route": "rocket"}).status_code == 422
