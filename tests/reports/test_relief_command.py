"""The relief command: its result, its summary and its files. No test here may open a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from reports.management.commands.relief import Command
from reports.relief_summary import bracket_ends
from reports.survival import bootstrap_by_patient
from tests.reports.relief_clinic import (
    CHECK_IN_HEADER,
    SESSION_HEADER,
    WORKED_CHECK_INS,
    WORKED_SESSIONS,
    a_clinic,
    write,
)

KM_FIELDS = (
    "n events time n_risk n_event n_censor surv std_err lower upper median median_lower "
    "median_upper tau rmst rmst_se"
)


@pytest.fixture(autouse=True)
def _few_replicates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thousand of the command take seconds; their number is its own promise."""
    few = partial(bootstrap_by_patient, replicates=20)
    monkeypatch.setattr("reports.relief_summary.bootstrap_by_patient", few)


def relief(folder: Path, sessions: list[str], check_ins: list[str], *options: str) -> Any:
    """The JSON of one run."""
    out = folder / "out.json"
    names = write(folder, sessions, check_ins)
    given = options if "--instrument" in options else ("--instrument", "PHQ-9", *options)
    call_command("relief", *names, *given, "--json", str(out))
    return json.loads(out.read_text(encoding="utf-8"), parse_constant=pytest.fail)


def test_the_worked_example_from_files(tmp_path: Path) -> None:
    found = relief(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)
    (episode,) = found["episodes"]
    assert episode == {
        **{"patient_id": "007", "session_id": "S1", "route": "iv", "dose_mg": 40, "weight_kg": 80},
        **{"session_no": 1, "course_no": 1, "session_no_in_course": 1},
        **{"pre_score": 20, "baseline": 20, "status": "response", "response": True},
        **{"remission": False, "onset_lo": 2, "onset_hi": 24, "onset_event": True},
        **{"loss_lo": 72, "loss_hi": 168, "relief_lo": 48, "relief_hi": 166},
        **{"relief_event": True, "relief_reason": None, "relief_right": 144, "relief_mid": 107},
    }
    assert found["relief"]["right"]["median"] == 144
    assert found["relief"]["midpoint"]["median"] == 107
    assert found["relief"]["turnbull"]["median_bracket"] == [48, 166]


def test_the_result_has_exactly_the_written_shape(tmp_path: Path) -> None:
    found = relief(tmp_path, *a_clinic(15))
    assert list(found) == [
        *("parameters", "counts", "data_quality"),
        *("episodes", "onset", "relief", "relief_with_carried"),
    ]
    assert list(found["counts"]) == [
        *("no_predose", "baseline_too_low", "no_followup", "carried", "response", "no_response"),
    ]
    assert sum(found["counts"].values()) == len(found["episodes"])
    for name in ("onset", "relief", "relief_with_carried"):
        block = found[name]
        assert list(block) == ["right", "midpoint", "turnbull", "by_route"]
        for km in (block["right"], block["midpoint"], *block["by_route"]["groups"].values()):
            assert [key for key in km if key != "why"] == KM_FIELDS.split()
        assert list(block["by_route"]["groups"]) == ["iv", "nasal"]
        for test in ("logrank", "logrank_stratified"):
            assert {"chi2", "df", "p", "note"} == set(block["by_route"][test])
        assert {"n", "intervals", "mass", "surv_after", "loglik", "median_bracket"} == {
            key for key in block["turnbull"] if key != "why"
        }
    responses = found["counts"]["response"]
    assert found["relief"]["right"]["n"] == responses
    assert found["onset"]["right"]["n"] == responses + found["counts"]["no_response"]
    assert found["relief_with_carried"]["right"]["n"] == responses + found["counts"]["carried"]


def test_a_response_that_was_kept_joins_the_second_curve_only(tmp_path: Path) -> None:
    sessions = [*WORKED_SESSIONS, "007,S2,2026-03-05T09:00:00Z,iv,40,80"]
    found = relief(tmp_path, sessions, WORKED_CHECK_INS)
    assert (found["counts"]["response"], found["counts"]["carried"]) == (1, 1)
    assert found["relief"]["right"]["n"] == 1
    assert found["relief_with_carried"]["right"]["time"] == [48, 96]
    assert found["relief_with_carried"]["right"]["n_event"] == [0, 1]


def test_groups_share_the_smallest_last_time_as_tau(tmp_path: Path) -> None:
    groups = relief(tmp_path, *a_clinic(15))["relief"]["by_route"]["groups"]
    last = min(km["time"][-1] for km in groups.values())
    assert {km["tau"] for km in groups.values()} == {min(672, last)}


def test_every_option_is_resolved_in_the_parameters(tmp_path: Path) -> None:
    options = [
        "--confirm-loss",
        "2",
        "--loss-frac",
        "0.25",
        "--baseline-mode",
        "session",
        "--seed",
        "5",
    ]
    options += ["--baseline-window-days", "7", "--baseline-min", "9", "--course-gap-days", "30"]
    options += ["--onset-horizon-days", "10", "--remission-cut", "3", "--tau-hours", "100"]
    options += ["--as-of", "2026-03-10T00:00:00+00:00", "--confirm-onset", "2", "--score-max", "30"]
    assert relief(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS, *options)["parameters"] == {
        **{"instrument": "PHQ-9", "score_min": 0, "score_max": 30, "higher_is_better": False},
        **{"recall_days": 14, "remission_cut": 3, "response_frac": 0.5, "loss_frac": 0.25},
        **{"confirm_onset": 2, "confirm_loss": 2, "baseline_mode": "session"},
        **{"baseline_window_days": 7, "baseline_min": 9, "course_gap_days": 30},
        **{"onset_horizon_days": 10, "as_of": "2026-03-10T00:00:00+00:00"},
        **{"tau_hours": 100, "seed": 5},
    }
    plain = relief(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)["parameters"]
    assert (plain["loss_frac"], plain["tau_hours"], plain["as_of"]) == (0.5, None, None)


def test_a_higher_is_better_scale_of_ones_own(tmp_path: Path) -> None:
    check_ins = [
        CHECK_IN_HEADER,
        "007,2026-03-02T09:00Z,joy,20",
        "007,2026-03-03T09:00Z,joy,60.5",
    ]
    options = ("--instrument", "joy", "--higher-is-better", "--score-max", "100")
    (episode,) = relief(tmp_path, WORKED_SESSIONS, check_ins, *options)["episodes"]
    assert (episode["baseline"], episode["status"]) == (80, "response")


def test_ids_stay_text_and_a_byte_order_mark_and_column_order_do_not_matter(
    tmp_path: Path,
) -> None:
    sessions = ["\ufeffsession_id,patient_id,weight_kg,dose_mg,route,session_start"]
    sessions += ["01,007,,,,2026-03-02T09:00:00Z", "", "01,7,,,,2026-03-02T09:00:00Z"]
    found = relief(tmp_path, sessions, WORKED_CHECK_INS)
    assert [(e["patient_id"], e["status"]) for e in found["episodes"]] == [
        ("007", "response"),
        ("7", "no_predose"),
    ]
    first = found["episodes"][0]
    assert (first["session_id"], first["route"], first["dose_mg"]) == ("01", None, None)
    assert found["onset"]["by_route"]["groups"] == {}


def test_blank_scores_are_counted_and_other_instruments_are_not_read(tmp_path: Path) -> None:
    more = ["007,2026-03-04T09:00Z,PHQ-9,", "007,2026-03-04T09:00Z,PHQ-9, "]
    more += ["007,2026-03-04T09:00Z,GAD-7,", "007,2026-03-04T09:00Z,GAD-7,none"]
    found = relief(tmp_path, WORKED_SESSIONS, [*WORKED_CHECK_INS, *more])
    assert found["data_quality"] == {
        **{"blank_scores": 2, "exact_copies": 0, "conflicting_scores": 0, "recall_overlap": 1},
    }
    assert found["episodes"][0]["relief_right"] == 144


def test_no_rows_is_no_error(tmp_path: Path) -> None:
    found = relief(tmp_path, [SESSION_HEADER], [CHECK_IN_HEADER])
    assert found["episodes"] == [] and set(found["counts"].values()) == {0}
    assert found["relief"]["right"]["why"]["median"] == "no_data"
    assert found["relief"]["turnbull"]["why"]["median_bracket"] == "no_data"


def test_with_json_stdout_stays_empty_and_without_it_there_is_a_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    relief(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)
    assert capsys.readouterr().out == ""
    names = write(tmp_path, *a_clinic(12))
    call_command("relief", *names, "--instrument", "PHQ-9")
    out = capsys.readouterr().out
    for words in (
        "of 12 patients",
        "median between",
        "95 % interval by patient",
        "next session",
        "end of follow-up",
        "loss not confirmed",
        "median gap between sessions",
        "half of the gaps between two of them are at most",
        "responded by 24 h",
        "a new course after 90 d",
        "were dosed again first",
        "median through later sessions of the course",
        "known only to within more than a week",
        "no control group",
        "not valid alone",
    ):
        assert words in out


def test_the_summary_says_that_hours_of_a_questionnaire_that_looks_back_mean_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "ask about the last 14 days, in 1 onsets back past the dose"
    names = write(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)
    call_command("relief", *names, "--instrument", "PHQ-9")
    assert said in capsys.readouterr().out
    momentary = [line.replace("PHQ-9", "pain_0_10") for line in WORKED_CHECK_INS[:1]]
    momentary += ["007,2026-03-02T09:00Z,pain_0_10,9", "007,2026-03-03T09:00Z,pain_0_10,2"]
    names = write(tmp_path, WORKED_SESSIONS, momentary)
    call_command("relief", *names, "--instrument", "pain_0_10")
    assert "ask about" not in capsys.readouterr().out


def test_the_summary_warns_when_retreatment_decides_the_estimate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions, check_ins = [SESSION_HEADER], [CHECK_IN_HEADER]
    for number in range(8):
        for day in (1, 8, 29):
            sessions.append(f"{number},{day},2026-03-{day:02d}T09:00Z,iv,40,80")
        for day, score in ((1, 20), (2, 5), (8, 20), (9, 5), (28, 5)):
            check_ins.append(f"{number},2026-03-{day:02d}T08:00Z,PHQ-9,{score}")
    names = write(tmp_path, sessions, check_ins)
    call_command("relief", *names, "--instrument", "PHQ-9", "--seed", "2")
    warning = "re-treatment before relapse makes this estimate uncertain"
    printed = capsys.readouterr().out
    assert warning in printed and "8  next session (50 %)" in printed
    names = write(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)
    call_command("relief", *names, "--instrument", "PHQ-9")
    assert warning not in capsys.readouterr().out


def test_the_same_seed_prints_the_same_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = write(tmp_path, *a_clinic(8))
    printed = []
    for seed in ("3", "3", "4"):
        call_command("relief", *names, "--instrument", "PHQ-9", "--seed", seed)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] != printed[2]


def test_both_curves_are_drawn_from_ten_patients_on(tmp_path: Path) -> None:
    sessions, check_ins = a_clinic(25)
    relief(tmp_path, sessions, check_ins, "--svg", str(tmp_path / "figures"))
    for name in ("onset", "relief"):
        svg = (tmp_path / "figures" / f"{name}.svg").read_text(encoding="utf-8")
        assert svg.startswith("<svg") and "xmlns" in svg and "</svg>" in svg


def test_below_ten_patients_nothing_is_drawn_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions, check_ins = a_clinic(9)
    found = relief(tmp_path, sessions, check_ins, "--svg", str(tmp_path / "figures"))
    assert not (tmp_path / "figures").exists()
    said = capsys.readouterr().err
    assert "onset.svg is not drawn: 9 patients" in said and "relief.svg" in said
    assert found["onset"]["right"]["n"] > 0


def test_an_instrument_that_is_not_in_the_file_is_pointed_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = relief(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS, "--instrument", "PHQ9")
    assert found["counts"]["no_predose"] == 1
    assert "The file has: PHQ-9" in capsys.readouterr().err


def test_it_needs_no_system_check_and_no_migration() -> None:
    assert Command.requires_system_checks == []
    assert not Command.requires_migrations_checks


def test_from_a_shell_where_nothing_is_set_up(tmp_path: Path) -> None:
    names = write(tmp_path, WORKED_SESSIONS, [*WORKED_CHECK_INS, "007,2026-03-20T09:00Z,PHQ-9,99"])
    own = {name: value for name, value in os.environ.items() if "AFTERGLOW" not in name}
    environment = {**own, "DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}
    command = [sys.executable, "manage.py", "relief", *names, "--instrument", "PHQ-9"]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{names[1]}:8: the score 99 is outside the scale" in done.stderr
    write(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0 and "median when the clinic saw it: 6 d" in done.stdout


def test_the_ends_of_a_narrow_bracket_are_not_printed_alike() -> None:
    assert bracket_ends(2.0, 24.0) == {"low": "2 h", "high": "24 h"}
    assert bracket_ends(2.004, 2.016) == {"low": "2.004 h", "high": "2.016 h"}
