"""The present relief in words: what is known, when relief like it had ended, what that is not."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.dashboards.present_relief import PresentRelief
from reports.dashboards.ranges import lower_words
from sessions_app.clock import elapsed
from sessions_app.templatetags.words import day


@dataclass(frozen=True)
class PresentWords:
    """`known` of this relief; `estimate` and `spread` of others like it, or why there is none."""

    known: str
    estimate: str
    spread: str
    compared: str
    care: str


def present_words(found: PresentRelief | None) -> PresentWords | None:
    """The panel of the page; None without a present relief."""
    if found is None:
        return None
    known = _known(found)
    if found.code != "estimated":
        return PresentWords(known, _refused(found), "", "", "")
    return PresentWords(known, _estimate(found), _spread(found), _compared(found), _care())


def _known(found: PresentRelief) -> str:
    hours = elapsed(found.since, found.last_seen).total_seconds() / 3600
    words = {"n": found.session_no, "since": day(found.since), "last": day(found.last_seen)}
    if hours < 1:
        return _("Relief after session %(n)s was first seen on %(since)s.") % words
    return _(
        "Relief after session %(n)s was seen on %(since)s and was still there at the last "
        "answer on %(last)s: longer than %(length)s."
    ) % {**words, "length": lower_words(hours)}


def _refused(found: PresentRelief) -> str:
    if found.code == "silent":
        return _("The last answer is two weeks old: whether relief lasts is not known.")
    if found.code == "none_ended":
        return _("No relief here that lasted as long has been seen to end yet: no estimate.")
    return _(
        "Fewer than %(n)s patients here had relief that lasted longer with the same drug and "
        "route: no estimate."
    ) % {"n": settings.MINIMUM_PATIENTS_DRAWN}


def _estimate(found: PresentRelief) -> str:
    end = found.end
    assert end is not None, "asked only of an estimate"
    if end.median is None:
        last = {"day": day(found.at(end.followed_h))}
        return _("Most relief that lasted as long was not seen to end by %(day)s.") % last
    words = {
        "day": day(found.at(end.median)),
        "lower": day(found.at(end.lower)),
        "upper": day(found.at(end.upper)),
    }
    if end.upper is None:
        sentence = _(
            "Expected end: %(day)s (95 %% interval: from %(lower)s), the day by which half of such "
            "relief had ended."
        )
    else:
        sentence = _(
            "Expected end: %(day)s (95 %% interval: %(lower)s to %(upper)s), the day by which half "
            "of such relief had ended."
        )
    return sentence % words


def _spread(found: PresentRelief) -> str:
    assert found.end is not None, "asked only of an estimate"
    first, third = found.end.quarters
    words = {"first": day(found.at(first)), "third": day(found.at(third))}
    if first is None:
        return ""
    if third is None:
        return _("A quarter of it had ended by %(first)s.") % words
    return _("A quarter of it had ended by %(first)s, three quarters by %(third)s.") % words


def _compared(found: PresentRelief) -> str:
    end = found.end
    assert end is not None, "asked only of an estimate"
    said = ngettext(
        "From %(n)s session of %(patients)s patients here with the same drug, route and "
        "questionnaire whose relief lasted longer than this one has so far; %(ended)s was seen to "
        "end. Of this patient's own: %(own)s.",
        "From %(n)s sessions of %(patients)s patients here with the same drug, route and "
        "questionnaire whose relief lasted longer than this one has so far; %(ended)s were seen to "
        "end. Of this patient's own: %(own)s.",
        end.episodes,
    )
    counts = {"patients": end.patients, "ended": end.ended, "own": found.own}
    return said % {"n": end.episodes, **counts}


def _care() -> str:
    return _(
        "This is no forecast for this person and no advice on the next dose: it says when the "
        "clinic saw the end after other doses. It knows nothing of this person's illness, and many "
        "of those reliefs were cut off by the next session. Not assigned at random."
    )
