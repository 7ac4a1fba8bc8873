"""The models of one analysis as lines of text, each with its interval or with why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

WHY_WORDS: dict[str, str | Promise] = {
    "too_few_events_per_term": gettext_lazy("fewer than ten changes were seen for each term"),
    "fewer_than_two_patients": gettext_lazy("fewer than two patients"),
    "too_few_patients": gettext_lazy("too few patients"),
    "a_term_does_not_vary": gettext_lazy("it is the same in every episode"),
    "terms_say_the_same": gettext_lazy("the terms cannot be told apart in these episodes"),
    "no_maximum": gettext_lazy("the episodes do not settle it"),
    "fewer_than_two_informative_groups": gettext_lazy("fewer than two groups to compare"),
    "zero_variance": gettext_lazy("nothing varies between the groups"),
    "a_patient_is_in_several_groups": gettext_lazy("a patient is in several groups"),
    "no_data": gettext_lazy("it is blank in every episode"),
}
TERM_WORDS: dict[str, str | Promise] = {
    "route": gettext_lazy("route"),
    "dose_mg_per_kg": gettext_lazy("each 0.1 mg/kg more"),
    "session_no": gettext_lazy("each session later"),
    "session_no_within": gettext_lazy("each session later in the same patient"),
    "session_no_between": gettext_lazy("each session more in the patient's mean"),
}
# Doses differ by tenths of a mg/kg: a ratio for a whole one would lie outside all of them.
PRINTED_STEP = {"dose_mg_per_kg": 0.1}
CHANGES_WITH_TIME_P = 0.05


def model_lines(found: dict[str, Any]) -> Iterator[str]:
    """The block of one curve (`relief_models.models_of`), line by line."""
    yield from _left_out(found)
    yield from _fit(_("Cox model, a ratio above 1 is sooner"), found["cox"], found)
    yield from _fit(
        _("Cox model of the session number within patients"), found["trend_within_patients"], found
    )
    yield from _fit(
        _("Cox model of the session number, within and between patients"),
        found["trend_within_between"],
        found,
    )
    yield from _score_test(found["interval_logrank"])
    yield from _fit(
        _("Weibull model on the intervals, a ratio above 1 is longer"), found["aft_weibull"], found
    )
    yield from _fit(
        _("Log-normal model on the intervals, a ratio above 1 is longer"),
        found["aft_lognormal"],
        found,
    )


def _left_out(found: dict[str, Any]) -> Iterator[str]:
    for name, reason in found["terms_dropped"].items():
        yield _("  left out of the models: %(term)s, for %(why)s") % {
            "term": _term(name, found),
            "why": WHY_WORDS[reason],
        }
    if found["left_out"]:
        yield _("  episodes without a dose by weight or a route, in no model of these: %(n)s") % {
            "n": found["left_out"]
        }


def _term(name: str, found: dict[str, Any]) -> str:
    kind, _equals, value = name.partition("=")
    if kind == "route" and value:
        return _("%(route)s against %(reference)s") % {
            "route": value,
            "reference": found["reference_route"],
        }
    return str(TERM_WORDS[name])


def _fit(title: str, fit: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    if fit["terms"] is None:
        yield _("  %(model)s: not fitted, %(why)s") % {
            "model": title,
            "why": WHY_WORDS[fit["why"]["terms"]],
        }
        return
    if not fit["terms"]:
        return
    yield _("  %(model)s (%(sessions)s sessions of %(patients)s patients):") % {
        "model": title,
        "sessions": fit["n"],
        "patients": fit["patients"],
    }
    for term in fit["terms"]:
        yield _ratio(term, found)
        changes = term.get("proportional_p")
        if changes is not None and changes < CHANGES_WITH_TIME_P:
            yield _("      this ratio changes over time (p %(p).3g)") % {"p": changes}
    together = fit.get("wald")
    if together and together["chi2"] is not None and together["df"] > 1:
        yield _("    all terms together: chi2 %(chi2).2f, df %(df)d, p %(p).3g") % together


def _ratio(term: dict[str, Any], found: dict[str, Any]) -> str:
    kind = "hazard_ratio" if "hazard_ratio" in term else "time_ratio"
    ends: list[float] = [term[kind], term["lower"], term["upper"]]
    step = PRINTED_STEP.get(term["name"], 1)
    ratio, low, high = (f"{end**step:.3g}" for end in ends)
    name = _term(term["name"], found)
    if term["p"] is None:
        return _("    %(term)s: ratio %(ratio)s; no interval") % {"term": name, "ratio": ratio}
    return _("    %(term)s: ratio %(ratio)s, 95 %% interval %(low)s to %(high)s, p %(p)s") % {
        "term": name,
        "ratio": ratio,
        "low": low,
        "high": high,
        "p": f"{term['p']:.3g}",
    }


def _score_test(test: dict[str, Any]) -> Iterator[str]:
    if test["p"] is None:
        yield _("  Score test between routes on the intervals: not made, %(why)s") % {
            "why": WHY_WORDS[test["why"]["p"]]
        }
        return
    yield (
        _("  Score test between routes on the intervals: chi2 %(chi2).2f, df %(df)d, p %(p).3g")
        % test
    )
    if test["p_permutation"] is None:
        yield _("    no permutation of patients: %(why)s") % {
            "why": WHY_WORDS[test["why"]["p_permutation"]]
        }
    else:
        yield _("    p %(p_permutation).3g by %(permutations)d permutations of patients") % test
