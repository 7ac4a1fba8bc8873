"""The models beside the curves: their terms, what they leave out, and how they are printed."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.core.management import call_command

from reports.relief_model_words import TERM_WORDS, WHY_WORDS, model_lines
from reports.relief_models import design, models, with_models
from reports.relief_report import observed_relief, relief_report
from reports.relief_summary import summary_lines
from reports.response_rule import ResponseRule
from reports.survival import aft, bootstrap_by_patient, cox, interval_logrank
from tests.reports.frames import check_ins_frame, sessions_frame
from tests.reports.relief_clinic import SESSION_HEADER, a_clinic, write
from tests.reports.test_episodes_against_naive import a_clinic as random_rows


@pytest.fixture(autouse=True)
def _few_replicates(monkeypatch: pytest.MonkeyPatch) -> None:
    few = partial(bootstrap_by_patient, replicates=3)
    monkeypatch.setattr("reports.relief_summary.bootstrap_by_patient", few)


ROUTES = ["iv", "iv", "iv", "nasal", "nasal", "im"]


def rows(**changes: Any) -> pd.DataFrame:
    """Six episodes, each of another patient, on three routes."""
    given = {
        "route": ROUTES,
        "dose_mg": [30.0, 40, 50, 56, 84, 40],
        "weight_kg": [60.0, 80, 70, 80, 70, 100],
        "session_no": [1, 2, 3, 4, 5, 6],
    }
    return pd.DataFrame(given | changes)


def clinic(patients: int, *, mixed: bool = True) -> tuple[list[str], list[str]]:
    """The relief clinic with doses and weights that differ; unmixed: one route a patient."""
    draw = np.random.default_rng(3)
    sessions, check_ins = a_clinic(patients)
    varied = []
    for line in sessions[1:]:
        patient, session, start, route, *_ = line.split(",")
        route = route if mixed else ("iv", "nasal")[int(patient) % 2]
        dose, weight = draw.choice([30, 40, 56]), draw.choice([60, 80, 95])
        varied.append(f"{patient},{session},{start},{route},{dose},{weight}")
    return [SESSION_HEADER, *varied], check_ins


def run(folder: Path, files: tuple[list[str], list[str]], *options: str) -> Any:
    out = folder / "out.json"
    names = write(folder, *files)
    call_command("relief", *names, "--instrument", "PHQ-9", "--json", str(out), *options)
    return json.loads(out.read_text(encoding="utf-8"), parse_constant=pytest.fail)


def printed(folder: Path, files: tuple[list[str], list[str]], capsys: Any) -> str:
    call_command("relief", *write(folder, *files), "--instrument", "PHQ-9")
    return str(capsys.readouterr().out)


def test_routes_are_compared_with_the_most_frequent_one_and_the_dose_is_by_weight() -> None:
    found = design(rows())
    assert found.reference == "iv"
    assert found.names == ["route=nasal", "route=im", "dose_mg_per_kg", "session_no"]
    np.testing.assert_array_equal(found.values[:, 0], [0, 0, 0, 1, 1, 0])
    np.testing.assert_array_equal(found.values[:, 1], [0, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(found.values[:, 2], [0.5, 0.5, 5 / 7, 0.7, 1.2, 0.4])
    assert found.dropped == {}


def test_no_weight_is_no_dose_by_weight_and_never_zero() -> None:
    found = design(rows(weight_kg=[60.0, 0, np.nan, 80, 70, 100]))
    assert np.isnan(found.values[:, 2]).tolist() == [False, True, True, False, False, False]


def test_a_term_that_is_level_or_blank_is_dropped_with_the_reason() -> None:
    level = design(rows(route="iv", dose_mg=40.0, weight_kg=80.0))
    assert level.names == ["session_no"]
    assert level.dropped == dict.fromkeys(("route", "dose_mg_per_kg"), "a_term_does_not_vary")
    blank = design(rows(route=None, dose_mg=np.nan))
    assert blank.names == ["session_no"] and blank.reference is None
    assert blank.dropped == dict.fromkeys(("route", "dose_mg_per_kg"), "no_data")


def test_a_route_without_any_weight_is_no_term_beside_the_dose() -> None:
    found = design(rows(weight_kg=[60.0, 80, 70, np.nan, np.nan, 100]))
    assert found.names == ["route=im", "dose_mg_per_kg", "session_no"]
    assert found.dropped == {"route=nasal": "a_term_does_not_vary"}


def test_the_block_holds_what_the_estimators_give_on_these_episodes(tmp_path: Path) -> None:
    result = run(tmp_path, clinic(60), "--models", "--seed", "4")
    assert list(result)[-1] == "models"
    block = result["models"]["relief"]
    assert list(block) == [
        *("reference_route", "left_out", "terms_dropped", "cox", "trend_within_patients"),
        *("trend_within_between", "interval_logrank", "aft_weibull", "aft_lognormal"),
    ]
    table = pd.DataFrame(result["episodes"])
    responses = table[table["status"] == "response"]
    seen, terms = observed_relief(table), design(responses)
    patients = list(seen.patient_id)
    expected = cox(seen.right, seen.event, terms.values, terms.names, patients)
    assert block["cox"]["terms"] == expected["terms"]
    shape = aft(seen.lo, seen.hi, terms.values, terms.names, patients, shape="lognormal")
    assert block["aft_lognormal"]["terms"] == shape["terms"]
    test = interval_logrank(seen.lo, seen.hi, list(seen.route), patients, seed=4)
    assert block["interval_logrank"] == test
    assert [term["name"] for term in block["trend_within_between"]["terms"]] == [
        *("session_no_within", "session_no_between"),
    ]


def test_without_being_asked_the_json_has_no_models(tmp_path: Path) -> None:
    assert "models" not in run(tmp_path, clinic(12))


def test_no_rows_still_have_a_block_that_says_why(tmp_path: Path) -> None:
    headers = ([SESSION_HEADER], ["patient_id,taken_at,instrument,score"])
    block = run(tmp_path, headers, "--models")["models"]["onset"]
    assert block["cox"]["why"]["terms"] == "too_few_events_per_term"
    assert block["terms_dropped"]["session_no"] == "no_data"


def test_a_trend_of_patients_who_stay_is_not_taken_for_one_within_patients() -> None:
    """Who has many sessions keeps relief long; inside one patient nothing changes."""
    draw = np.random.default_rng(2)
    count = draw.integers(2, 9, 150)
    owner = np.repeat(np.arange(150), count)
    number = np.concatenate([np.arange(1, n + 1) for n in count])
    right = draw.exponential(40.0 * count[owner])
    found = models(
        pd.DataFrame(
            {
                "patient_id": owner.astype(str),
                "route": "iv",
                "dose_mg": 40.0,
                "weight_kg": 80.0,
                "session_no": number,
                "status": "response",
                "onset_event": True,
                "onset_lo": 0.0,
                "onset_hi": 2.0,
                "relief_event": True,
                "relief_lo": right,
                "relief_hi": right + 1,
                "relief_right": right,
                "relief_mid": right,
            }
        ),
        seed=1,
    )["relief"]
    within, between = found["trend_within_between"]["terms"]
    (own,) = found["trend_within_patients"]["terms"]
    (mixed,) = found["cox"]["terms"]
    assert mixed["p"] < 1e-4 and between["p"] < 1e-6
    assert within["p"] > 0.01 and own["p"] > 0.01


def test_the_summary_also_takes_one_session_of_each_patient_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otis relapses at once after his first session and never after his second."""
    sessions, check_ins = [SESSION_HEADER], ["patient_id,taken_at,instrument,score"]
    for who, days in (("maya", (1,)), ("otis", (1, 11))):
        for day in days:
            sessions.append(f"{who},{day},2026-03-{day:02d}T09:00Z,iv,40,80")
            check_ins.append(f"{who},2026-03-{day:02d}T09:00Z,PHQ-9,20")
            check_ins.append(f"{who},2026-03-{day + 1:02d}T09:00Z,PHQ-9,5")
            lost = 3 if day == 1 else 29
            check_ins.append(f"{who},2026-03-{lost:02d}T09:00Z,PHQ-9,20")
    out = printed(tmp_path, (sessions, check_ins), capsys)
    assert out.count("from one session of each patient, the first (2): median 24 h") == 2
    alone = printed(tmp_path, ([*sessions[:2]], check_ins), capsys)
    assert "from one session of each patient" not in alone


def test_the_summary_prints_each_model_and_calls_all_of_them_exploratory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = printed(tmp_path, clinic(60), capsys)
    models_part = out[out.index("MODELS") :]
    for words in (
        "exploratory",
        "nothing was assigned at random",
        "Cox model, a ratio above 1 is sooner",
        " against ",
        "each 0.1 mg/kg more: ratio",
        "each session later: ratio",
        "all terms together: chi2",
        "Cox model of the session number within patients",
        "each session more in the patient's mean",
        "Score test between routes on the intervals: chi2",
        "no permutation of patients: a patient is in several groups",
        "Weibull model on the intervals",
        "Log-normal model on the intervals",
    ):
        assert words in models_part
    one_route = printed(tmp_path, clinic(60, mixed=False), capsys)
    assert "by 9999 permutations of patients" in one_route


@pytest.mark.parametrize("seed", range(9))
def test_any_small_clinic_has_a_summary_without_a_warning(seed: int) -> None:
    """Blank routes, doses and weights, a handful of events or several hundred."""
    draw = Random(seed)
    sessions: list[Any] = []
    check_ins: list[Any] = []
    for number in range(draw.choice([1, 1, 25])):
        own_sessions, own_check_ins = random_rows(seed + 1000 * number)
        sessions += [(f"{number}-{who}", *rest) for who, *rest in own_sessions]
        check_ins += [(f"{number}-{who}", *rest) for who, *rest in own_check_ins]
    n = len(sessions)
    frame = sessions_frame(sessions).assign(
        route=draw.choices(["iv", "nasal", None], k=n),
        dose_mg=draw.choices([30.0, 56.0, np.nan], k=n),
        weight_kg=draw.choices([60.0, 0.0, 90.0, np.nan], k=n),
    )
    rule = ResponseRule.for_instrument("X")
    answers = check_ins_frame(check_ins, "X")
    result = relief_report(frame, answers, rule)
    lines = list(summary_lines(result, frame, answers, None, seed=1, tau_hours=None))
    assert any(line.startswith("MODELS") for line in lines)
    json.dumps(with_models(result, seed=1), allow_nan=False)


def test_the_dose_is_printed_by_a_tenth_of_a_milligram() -> None:
    term = {
        **{"name": "dose_mg_per_kg", "hazard_ratio": 1024.0, "lower": 1.0, "upper": 2.0**20},
        **{"p": 0.5, "proportional_p": 0.001},
    }
    fit = {"n": 9, "patients": 4, "terms": [term]}
    refused: dict[str, Any] = {"terms": None, "why": {"terms": "no_maximum"}}
    found = {
        **{"reference_route": "iv", "left_out": 2, "terms_dropped": {"route": "no_data"}},
        **{"cox": fit, "trend_within_patients": refused, "trend_within_between": refused},
        **{"interval_logrank": {"p": None, "why": {"p": "zero_variance"}}},
        **{"aft_weibull": refused, "aft_lognormal": refused},
    }
    lines = list(model_lines(found))
    assert "    each 0.1 mg/kg more: ratio 2, 95 % interval 1 to 4, p 0.5" in lines
    assert "      this ratio changes over time (p 0.001)" in lines
    assert "  left out of the models: route, for it is blank in every episode" in lines
    assert any(line.endswith("not made, nothing varies between the groups") for line in lines)
    assert sum("not fitted, the episodes do not settle it" in line for line in lines) == 4


def test_too_few_events_are_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = printed(tmp_path, clinic(4), capsys)
    assert "not fitted, fewer than ten changes were seen for each term" in out


def test_every_reason_and_every_term_has_words() -> None:
    folder = Path(__file__).parents[2] / "reports"
    files = ("survival/cox.py", "survival/aft.py", "survival/interval_score.py", "relief_models.py")
    code = "".join((folder / name).read_text(encoding="utf-8") for name in files)
    assert all(f'"{reason}"' in code or reason == "no_data" for reason in WHY_WORDS)
    assert {"dose_mg_per_kg", "session_no"} <= set(TERM_WORDS)
