"""One's own answers as a file for a spreadsheet: when, what was asked, what was answered."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app.instruments_of import instrument_at
from sessions_app.models import CheckIn, InstrumentScore, Patient
from sessions_app.spreadsheet import csv_text
from sessions_app.words.check_in_words import NAMES, what_was_said

BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet reads the accents wrongly


def answers_csv(patient: Patient) -> str:
    """The whole file, oldest first. It holds no name."""
    header = [_("Day"), _("Time"), _("Question"), _("Answer")]
    return BYTE_ORDER_MARK + csv_text(header, _rows(patient))


def _rows(patient: Patient) -> Iterator[tuple[str, str, str, str]]:
    check_ins = CheckIn.objects.filter(patient=patient).order_by("started_at", "id")
    for check_in in check_ins.select_related("clinic"):
        if not _is_their_own(check_in):
            continue
        at = timezone.localtime(check_in.started_at)
        day, time = at.date().isoformat(), f"{at:%H:%M}"
        said = what_was_said(check_in)
        for one in said:
            yield day, time, one.question, one.answer
        if not said:
            # What came from another system has its scores and not its single answers.
            scores = InstrumentScore.objects.standing().filter(check_in=check_in)
            for score in scores.order_by("instrument"):
                if score.score is not None:  # else it was taken back
                    yield day, time, score_name(score), f"{score.score.normalize():f}"


def _is_their_own(check_in: CheckIn) -> bool:
    """Not what the clinic rated on a sheet of its own, nor what it took back as an error."""
    if check_in.origin != "staff" or check_in.request_id is not None:
        return True
    if check_in.scores.filter(score=None).exists():
        return False
    kept = {*check_in.answers.values_list("instrument", "instrument_version")}
    kept |= {*check_in.scores.values_list("instrument", "instrument_version")}
    scales = [instrument_at(check_in.clinic_id, *one) for one in kept]
    return any(scale is None or scale.is_asked for scale in scales)


def score_name(score: InstrumentScore) -> str:
    """What is scored, as people call it."""
    return str(NAMES.get(score.instrument, score.instrument))
