"""What people read for the codes of the statistics."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reports.dashboards.headline import Claim, Span
from reports.dashboards.ranges import NBSP, lower_words, span_words, upper_words
from sessions_app.instruments import REGISTRY

STATUS_WORDS: dict[str, Promise] = {
    "response": gettext_lazy("relief seen"),
    "no_response": gettext_lazy("no relief seen"),
    "carried": gettext_lazy("still in relief from before"),
    "no_predose": gettext_lazy("no answer before the dose"),
    "baseline_too_low": gettext_lazy("nothing to relieve at the start"),
    "no_followup": gettext_lazy("no answer after the dose"),
}
REASON_WORDS: dict[str, Promise] = {
    "next_session": gettext_lazy("cut off by the next session"),
    "end_of_followup": gettext_lazy("no later answer"),
    "unconfirmed": gettext_lazy("loss not confirmed"),
}
LEFT_OUT_WORDS: dict[str, Promise] = {
    "no_dose": gettext_lazy("no dose was given"),
    "not_started": gettext_lazy("not started"),
    "wrong_patient": gettext_lazy("recorded on the wrong patient"),
}
BAND_WORDS: dict[str, Promise] = {
    "none": gettext_lazy("none"),
    "low": gettext_lazy("low"),
    "high": gettext_lazy("high"),
    "very_severe": gettext_lazy("very severe"),
    "minimal": gettext_lazy("minimal"),
    "mild": gettext_lazy("mild"),
    "moderate": gettext_lazy("moderate"),
    "moderately_severe": gettext_lazy("moderately severe"),
    "severe": gettext_lazy("severe"),
}
INSTRUMENT_WORDS: dict[str, Promise] = {
    "mood_0_10": gettext_lazy("Mood 0–10"),
    "pain_0_10": gettext_lazy("Pain 0–10"),
}
BAND_LABELS: dict[str, Promise] = {
    "1": gettext_lazy("first session"),
    "2-4": gettext_lazy("2nd to 4th session"),
    "5-8": gettext_lazy("5th to 8th session"),
    "9-": gettext_lazy("9th session and later"),
}
BAND_SHORT: dict[str, Promise] = {
    "1": gettext_lazy("1st"),
    "2-4": gettext_lazy("2nd–4th"),
    "5-8": gettext_lazy("5th–8th"),
    "9-": gettext_lazy("9th +"),
}
AGE_WORDS: dict[str, Promise] = {
    "-17": gettext_lazy("under 18"),
    "18-34": gettext_lazy("18 to 34"),
    "35-49": gettext_lazy("35 to 49"),
    "50-64": gettext_lazy("50 to 64"),
    "65-": gettext_lazy("65 and older"),
}
DOSE_WORDS: dict[str, Promise] = {
    "k-low": gettext_lazy("ketAMINE below 0.6 mg/kg"),
    "k-high": gettext_lazy("ketAMINE 0.6 mg/kg or more"),
    "e-low": gettext_lazy("ESketamine up to 56 mg"),
    "e-high": gettext_lazy("ESketamine above 56 mg"),
}
# For the narrow panels of a chart: only ketAMINE is counted for each kg, only ESketamine is not.
DOSE_SHORT: dict[str, Promise] = {
    "k-low": gettext_lazy("< 0.6 mg/kg"),
    "k-high": gettext_lazy("≥ 0.6 mg/kg"),
    "e-low": gettext_lazy("≤ 56 mg"),
    "e-high": gettext_lazy("> 56 mg"),
}
COMPARE_WORDS: dict[str, Promise] = {
    "route": gettext_lazy("route"),
    "dose": gettext_lazy("dose"),
    "sessions": gettext_lazy("session number"),
    "indication": gettext_lazy("condition"),
}
ROUTE_SHORT: dict[str, Promise] = {
    "iv": gettext_lazy("IV"),
    "im": gettext_lazy("IM"),
    "sc": gettext_lazy("subcutaneous"),
    "intranasal": gettext_lazy("nasal"),
    "oral": gettext_lazy("oral"),
    "sublingual": gettext_lazy("sublingual"),
}
DRUG_SHORT: dict[str, Promise] = {
    "ketamine": gettext_lazy("ketAMINE"),
    "esketamine": gettext_lazy("ESketamine"),
}
SERIES = {"intranasal": "nasal"}


def instrument_words(code: str) -> str:
    """The questionnaire's name: our own scales in words, published ones by their name."""
    if code in INSTRUMENT_WORDS:
        return str(INSTRUMENT_WORDS[code])
    return REGISTRY[code].name if code in REGISTRY else code


def group_words(route: str, drugs: Sequence[str]) -> str:
    """A route with its drug, when everybody on it had the same one."""
    name = str(ROUTE_SHORT.get(route, route))
    if len(drugs) == 1 and drugs[0] in DRUG_SHORT:
        return f"{DRUG_SHORT[drugs[0]]} {name}"
    return name


def percent(share: float | None) -> str:
    """A share in whole percent, an en dash where there is none."""
    if share is None:
        return "–"
    return (_("%(n)s %%") % {"n": round(share * 100)}).replace(" ", NBSP)


def counted(patients: int, sessions: int) -> str:
    """ "278 patients, 1735 sessions"."""
    people = ngettext("%(n)s patient", "%(n)s patients", patients) % {"n": patients}
    doses = ngettext("%(n)s session", "%(n)s sessions", sessions) % {"n": sessions}
    return f"{people}, {doses}"


def too_few(minimum: int) -> str:
    """What stands where a group has fewer patients than the minimum."""
    return _("n < %(n)s, not shown") % {"n": minimum}


def claim_words(claim: Claim) -> str:
    """The headline sentence: the weakest claim that is true."""
    number = {"n": claim.session_no}
    sentences = {
        "no_sessions": _("No session with a dose yet."),
        "not_enough": _("Not enough to estimate: one session so far."),
        "nothing_known": _("Not enough to estimate: answers are missing around each dose."),
        "no_relief_last": _("No relief was seen after session %(n)s.") % number,
        "relief_length_unknown": _(
            "Relief was seen after session %(n)s; how long it lasted is not known yet."
        )
        % number,
    }
    if claim.code == "no_relief_last" and claim.before is not None:
        newest = {"k": claim.before.session_no, "span": _length(claim.before)}
        words = _("No relief was seen after session %(n)s; after session %(k)s it was %(span)s.")
        return words % {**number, **newest}
    if claim.code in sentences:
        return sentences[claim.code]
    assert claim.now is not None
    facts = {**number, "span": _length(claim.now)}
    if claim.code == "relief_kept":
        if claim.now.hi is None and claim.now.lo <= 0:
            return _("Relief was still there when session %(n)s began.") % number
        return _("Relief was kept for %(span)s after session %(n)s.") % facts
    if claim.first is None:
        return _("Relief lasted %(span)s after session %(n)s.") % facts
    facts |= {"first": _length(claim.first), "k": claim.first.session_no}
    return (
        _("Relief lasted %(span)s after session %(n)s; after session %(k)s it was %(first)s.")
        % facts
    )


def _length(span: Span) -> str:
    if span.hi is None:
        return _("longer than %(time)s") % {"time": lower_words(span.lo)}
    if span.lo < 1:
        return _("at most %(time)s") % {"time": upper_words(span.hi)}
    return span_words(span.lo, span.hi)
