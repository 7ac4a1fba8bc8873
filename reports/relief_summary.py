"""The readable summary of one relief analysis, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.dashboards.outcome_groups import first_of_each
from reports.relief_companions import (
    censoring,
    check_in_gaps,
    competing_outcomes,
    median_gap_days,
    retreatment_bounds,
)
from reports.relief_model_words import model_lines
from reports.relief_models import models
from reports.relief_report import (
    TAU_ONSET_H,
    TAU_RELIEF_H,
    Observed,
    observed_onset,
    observed_relief,
)
from reports.survival import bootstrap_by_patient, kaplan_meier

STATUS_WORDS: dict[str, str | Promise] = {
    "no_predose": gettext_lazy("no score before the dose"),
    "baseline_too_low": gettext_lazy("baseline too low"),
    "no_followup": gettext_lazy("no check-in after the dose"),
    "carried": gettext_lazy("still in response from an earlier session"),
    "response": gettext_lazy("response"),
    "no_response": gettext_lazy("no response"),
}
REASON_WORDS: dict[str, str | Promise] = {
    "next_session": gettext_lazy("next session"),
    "end_of_followup": gettext_lazy("end of follow-up"),
    "unconfirmed": gettext_lazy("loss not confirmed"),
}
QUALITY_WORDS: dict[str, str | Promise] = {
    "blank_scores": gettext_lazy("blank scores left out"),
    "exact_copies": gettext_lazy("repeated check-ins left out"),
    "conflicting_scores": gettext_lazy("moments with different scores, the worst taken"),
    "recall_overlap": gettext_lazy("onsets whose questions reach back before the dose"),
}
SHARES_AT_H = (24.0, 168.0, 336.0)
WEEK_H = 168.0
OUTCOMES_AT_H = (168.0, 336.0, 672.0)


def summary_lines(
    result: dict[str, Any],
    sessions: pd.DataFrame,
    check_ins: pd.DataFrame,
    whole_course: Observed | None,
    *,
    seed: int,
    tau_hours: float | None,
) -> Iterator[str]:
    """What was asked, what was found, and what must be kept in mind, line by line.

    `sessions` and `check_ins` are those that the result was made of; `whole_course` is relief
    through later sessions (`treatment_policy`), None if not defined.
    """
    episodes = pd.DataFrame(result["episodes"])
    yield from _definition(result["parameters"])
    yield ""
    yield from _counts(result)
    if episodes.empty:
        return
    yield from _check_ins(check_ins, episodes)
    onset, relief = observed_onset(episodes), observed_relief(episodes)
    yield ""
    yield _("ONSET: time from the dose to the first response")
    yield from _recall(result)
    yield from _curve(result["onset"], onset, tau_hours or TAU_ONSET_H, seed)
    yield from _shares(result["onset"]["right"])
    first = first_of_each(episodes)
    yield from _first_sessions(observed_onset(first), onset)
    yield from _routes(result["onset"]["by_route"])
    yield ""
    yield _("RELIEF: time from the response to its loss")
    yield from _curve(result["relief"], relief, tau_hours or TAU_RELIEF_H, seed)
    yield from _censoring(episodes, sessions, tau_hours or TAU_RELIEF_H)
    yield from _companions(episodes, whole_course)
    yield from _first_sessions(observed_relief(first), relief)
    yield from _wide_intervals(episodes)
    yield from _routes(result["relief"]["by_route"])
    yield ""
    yield _("RELIEF, with responses kept after a maintenance dose")
    both = observed_relief(episodes, with_carried=True)
    yield from _curve(result["relief_with_carried"], both, tau_hours or TAU_RELIEF_H, seed)
    yield ""
    yield from _models(episodes, seed)
    yield ""
    yield _(
        "There is no control group: sessions are booked at a bad moment, so part of the "
        "improvement would have come without them. Compare groups with care; p is exploratory."
    )


def _models(episodes: pd.DataFrame, seed: int) -> Iterator[str]:
    found = models(episodes, seed=seed)
    yield _("MODELS, exploratory: many comparisons, and nothing was assigned at random")
    yield _("ONSET: time from the dose to the first response")
    yield from model_lines(found["onset"])
    yield _("RELIEF: time from the response to its loss")
    yield from model_lines(found["relief"])


def hours(value: float | None, digits: int = 1) -> str:
    """A duration for people: hours below two days, then days."""
    if value is None or np.isinf(value):
        return _("not reached")
    if value < 48:
        return _("%(n)s h") % {"n": _plain(value, digits)}
    return _("%(n)s d") % {"n": _plain(value / 24, digits)}


def _plain(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def bracket_ends(low: float | None, high: float | None) -> dict[str, str]:
    """Both ends of a bracket, with more digits where one would print them alike."""
    digits = 1 if hours(low) != hours(high) else 4
    return {"low": hours(low, digits), "high": hours(high, digits)}


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _definition(given: dict[str, Any]) -> Iterator[str]:
    yield _("Instrument: %(name)s") % {"name": given["instrument"]}
    yield _("Response: a fall of at least %(response)s from the baseline (%(mode)s).") % {
        "response": _percent(given["response_frac"]),
        "mode": _("of the course") if given["baseline_mode"] == "course" else _("of the session"),
    }
    yield _(
        "Baseline: the score up to %(window)g d before the dose, above %(minimum)g; a new course "
        "after %(gap)g d; responses within %(horizon)g d, confirmed at %(confirm)d check-in(s)."
    ) % {
        "window": given["baseline_window_days"],
        "minimum": given["baseline_min"],
        "gap": given["course_gap_days"],
        "horizon": given["onset_horizon_days"],
        "confirm": given["confirm_onset"],
    }
    yield _("Loss: less than %(loss)s below the baseline, confirmed at %(n)s check-in(s).") % {
        "loss": _percent(given["loss_frac"]),
        "n": given["confirm_loss"],
    }


def _counts(result: dict[str, Any]) -> Iterator[str]:
    patients = len({episode["patient_id"] for episode in result["episodes"]})
    yield _("%(sessions)s sessions of %(patients)s patients:") % {
        "sessions": len(result["episodes"]),
        "patients": patients,
    }
    for status, n in result["counts"].items():
        yield f"  {n:>6}  {STATUS_WORDS[status]}"
    for kind, n in result["data_quality"].items():
        if n:
            yield f"  {n:>6}  {QUALITY_WORDS[kind]}"


def _check_ins(check_ins: pd.DataFrame, episodes: pd.DataFrame) -> Iterator[str]:
    found = check_in_gaps(check_ins, set(episodes["patient_id"]))
    if found.median_h is not None and found.long_h is not None:
        yield _(
            "%(n)s check-ins, %(each).1f for each session; half of the gaps between two of them "
            "are at most %(median)s, a tenth above %(long)s."
        ) % {
            "n": found.n,
            "each": found.n / len(episodes),
            "median": hours(found.median_h),
            "long": hours(found.long_h),
        }


def _curve(block: dict[str, Any], seen: Observed, tau: float, seed: int) -> Iterator[str]:
    right, turnbull = block["right"], block["turnbull"]
    yield _("  %(sessions)s sessions of %(patients)s patients, %(events)s events") % {
        "sessions": right["n"],
        "patients": seen.n_patients,
        "events": right["events"],
    }
    if right["n"] == 0:
        return
    used_tau = min(tau, right["tau"])
    spread = bootstrap_by_patient(
        list(seen.patient_id), seen.right, seen.event, seen.lo, seen.hi, tau=used_tau, seed=seed
    )
    median = bracket_ends(*turnbull["median_bracket"])
    yield _(
        "  median between %(low)s and %(high)s (interval-censored estimate)"
    ) % median + _interval(spread and spread.turnbull_median)
    yield _("  median when the clinic saw it: %(median)s") % {
        "median": hours(right["median"])
    } + _interval(spread and spread.median)
    yield _("  median at the middle of the intervals: %(median)s") % {
        "median": hours(block["midpoint"]["median"])
    }
    if right["rmst"] is not None:
        yield _("  mean within the first %(tau)s: %(mean)s") % {
            "tau": hours(used_tau),
            "mean": hours(right["rmst"]),
        } + _interval(spread and spread.rmst)


def _interval(bounds: Any) -> str:
    if bounds is None:
        return _("; no interval from fewer than two patients")
    return _("; 95 %% interval by patient %(low)s to %(high)s") % {
        "low": hours(bounds.lower),
        "high": hours(bounds.upper),
    }


def _shares(right: dict[str, Any]) -> Iterator[str]:
    for limit in SHARES_AT_H:
        known = [s for t, s in zip(right["time"], right["surv"], strict=True) if t <= limit]
        if right["time"] and (right["time"][-1] >= limit or right["surv"][-1] == 0):
            yield _("  responded by %(limit)s: %(share)s") % {
                "limit": hours(limit),
                "share": _percent(1 - (known[-1] if known else 1.0)),
            }
        else:
            yield _("  responded by %(limit)s: not known, nobody was followed so long") % {
                "limit": hours(limit)
            }


def _routes(block: dict[str, Any]) -> Iterator[str]:
    for route, km in block["groups"].items():
        yield _("  %(route)s: %(n)s sessions, median when seen %(median)s") % {
            "route": route,
            "n": km["n"],
            "median": hours(km["median"]),
        }
    test = block["logrank"]
    if test["p"] is not None:
        yield _("  log-rank between routes: chi2 %(chi2).2f, df %(df)d, p %(p).3g") % test
        if "note" in test:
            yield _("  this p is not valid alone: patients have several sessions")


def _censoring(episodes: pd.DataFrame, sessions: pd.DataFrame, tau: float) -> Iterator[str]:
    found = censoring(episodes)
    if found.n == 0:
        return
    yield _("  loss seen in %(n)s of %(all)s; the others were followed until:") % {
        "n": found.lost,
        "all": found.n,
    }
    for reason, n in found.by_reason.items():
        yield f"    {n:>4}  {REASON_WORDS[reason]} ({_percent(n / found.n)})"
    gap = median_gap_days(sessions)
    if gap is not None:
        yield _("  median gap between sessions: %(gap)s") % {"gap": hours(24 * gap)}
    bounds = retreatment_bounds(episodes, tau)
    if bounds is None:
        return
    yield _(
        "  median if every next session had come at a loss: %(worst)s; if long before: %(best)s"
    ) % {"worst": hours(bounds.worst_median), "best": hours(bounds.best_median)}
    if bounds.differ_a_lot:
        yield _("  re-treatment before relapse makes this estimate uncertain")


def _companions(episodes: pd.DataFrame, whole_course: Observed | None) -> Iterator[str]:
    for outcome in competing_outcomes(episodes, OUTCOMES_AT_H):
        if outcome.lost is not None and outcome.dosed_again is not None:
            yield _("  by %(limit)s: %(lost)s had lost it, %(again)s were dosed again first") % {
                "limit": hours(outcome.hours),
                "lost": _percent(outcome.lost),
                "again": _percent(outcome.dosed_again),
            }
    if whole_course is not None and len(whole_course.event):
        median = kaplan_meier(whole_course.right, whole_course.event, tau=TAU_RELIEF_H)["median"]
        yield _("  median through later sessions of the course, when seen: %(median)s") % {
            "median": hours(median)
        }


def _recall(result: dict[str, Any]) -> Iterator[str]:
    overlap = result["data_quality"]["recall_overlap"]
    if overlap:
        yield _(
            "  the questions ask about the last %(days)g days, in %(n)s onsets back past the dose: "
            "weeks can be read here, hours cannot"
        ) % {"days": result["parameters"]["recall_days"], "n": overlap}


def _first_sessions(first: Observed, everything: Observed) -> Iterator[str]:
    """Nobody counts twice; nothing where that leaves everything as it was, or nothing at all."""
    if 0 < len(first.event) < len(everything.event):
        median = kaplan_meier(first.right, first.event, tau=TAU_RELIEF_H)["median"]
        yield _("  from one session of each patient, the first (%(n)s): median %(median)s") % {
            "n": len(first.event),
            "median": hours(median),
        }


def _wide_intervals(episodes: pd.DataFrame) -> Iterator[str]:
    widths = np.concatenate(
        [
            (episodes[f"{name}_hi"] - episodes[f"{name}_lo"]).dropna().to_numpy(float)
            for name in ("onset", "loss")
        ]
    )
    if len(widths):
        yield _("  changes known only to within more than a week: %(share)s of %(n)s") % {
            "share": _percent(float((widths > WEEK_H).mean())),
            "n": len(widths),
        }
