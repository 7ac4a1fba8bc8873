"""The sentences that say what is wrong with the input of `relief` and what to do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.relief_files import Problem
from reports.response_rule import RuleError

FILE_SENTENCES: dict[str, str | Promise] = {
    "cannot_read": _("the file cannot be read (%(value)s); check the path and its permissions"),
    "no_header": _("there is no header; the first line must be %(limit)s"),
    "unknown_column": _("unknown column “%(value)s”; remove it, the columns are %(limit)s"),
    "repeated_column": _("column “%(value)s” appears twice; keep one"),
    "missing_column": _("column “%(value)s” is missing; add it to the header"),
    "wrong_number_of_fields": _(
        "the row has %(value)s fields and the header has %(limit)s; "
        "add or remove commas, and put a text with a comma in double quotes"
    ),
    "not_utf8": _("the row is not UTF-8; save the file with the encoding UTF-8"),
    "null_byte": _("the row holds a null byte; save the file again as plain CSV"),
    "unreadable_row": _("the row cannot be read as CSV; check its double quotes"),
    "blank": _("%(value)s is blank; fill it in or remove the row"),
    "naive_time": _(
        "the time “%(value)s” has no offset from UTC; add Z or an offset such as +01:00 to the end"
    ),
    "not_a_time": _("“%(value)s” is not a date and time; write it as 2026-11-20T09:30:00+01:00"),
    "finer_than_a_microsecond": _(
        "the time “%(value)s” is finer than a microsecond; keep at most six digits of the second"
    ),
    "not_a_number": _(
        "%(limit)s “%(value)s” is not a number; write digits with a point for decimals"
    ),
    "negative": _("%(limit)s “%(value)s” is below zero; correct it or leave it blank"),
    "outside_the_scale": _(
        "the score %(value)s is outside the scale (%(limit)s); "
        "correct it, leave it blank, or check --instrument and --score-max"
    ),
    "repeated_session": _(
        "session_id “%(value)s” is already on line %(limit)s for this patient; "
        "give every session of a patient its own id"
    ),
}

RULE_SENTENCES: dict[tuple[str, str], str | Promise] = {
    ("instrument", "missing"): _("--instrument is empty; name one instrument"),
    ("response_frac", "not_above_0_up_to_1"): _(
        "--response-frac must be above 0 and at most 1; 0.5 means a fall of half"
    ),
    ("loss_frac", "not_from_0_to_1"): _("--loss-frac must be from 0 to 1"),
    ("loss_frac", "above_response_frac"): _(
        "--loss-frac is above the response fraction; give the same or a smaller one"
    ),
    ("confirm_onset", "below_1"): _("--confirm-onset must be 1 or more"),
    ("confirm_loss", "below_1"): _("--confirm-loss must be 1 or more"),
    ("baseline_window_days", "negative"): _("--baseline-window-days must be 0 or more"),
    ("course_gap_days", "negative"): _("--course-gap-days must be 0 or more"),
    ("onset_horizon_days", "not_positive"): _("--onset-horizon-days must be above 0"),
    ("score_max", "needed_when_higher_is_better"): _(
        "a scale on which higher is better needs its maximum; add --score-max"
    ),
    ("score_max", "not_above_score_min"): _("--score-max must be above the scale's minimum"),
    ("as_of", "naive"): _("--as-of has no offset from UTC; add Z or an offset such as +01:00"),
}


def problem_line(problem: Problem) -> str:
    """`FILE:LINE: problem; what to do`, on one line whatever the file holds."""
    sentence = str(FILE_SENTENCES[problem.code]) % {
        "value": _one_line(problem.value),
        "limit": problem.limit,
    }
    return f"{problem.file}:{problem.line}: {sentence}"


def rule_line(error: RuleError) -> str:
    """What is wrong with an option, and what to give instead."""
    return str(RULE_SENTENCES[error.field, error.code])


def _one_line(value: str, longest: int = 80) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in value)
    return shown if len(shown) <= longest else shown[:longest] + "…"
