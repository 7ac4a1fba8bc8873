"""How a patient's mood went since their treatment, in one line beside what they answered."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app.models import CheckIn, InstrumentScore
from sessions_app.rules.check_in_windows import MOOD
from sessions_app.templatetags.words import day, number


def mood_course(check_in: CheckIn) -> str:
    """ "Mood 2 of 10 · before the treatment 3 · best since 6, 18 Nov 2026"; "" without a mood.

    The treatment is the one that the check-in asks about; what is not known is left out.
    """
    scores = InstrumentScore.objects.standing().filter(
        patient_id=check_in.patient_id, instrument=MOOD
    )
    now = scores.filter(check_in=check_in).order_by("taken_at").last()
    if now is None:
        return ""
    parts = [_("Mood %(value)s of 10") % {"value": number(now.score)}]
    session = check_in.request.session if check_in.request else None
    if session is not None and session.dose_started_at is not None:
        t0 = session.dose_started_at
        before = scores.filter(taken_at__lt=t0).order_by("taken_at").last()
        since = scores.filter(taken_at__gte=t0, taken_at__lt=now.taken_at)
        best = since.order_by("-score", "taken_at").first()
        if before is not None:
            parts.append(_("before the treatment %(value)s") % {"value": number(before.score)})
        if best is not None:
            facts = {"value": number(best.score), "day": day(best.taken_at)}
            parts.append(_("best since %(value)s, %(day)s") % facts)
    return " · ".join(parts)
