"""The options of commands that say how a response is judged, one for each part of a rule."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

RULE_OPTIONS = (
    "higher_is_better",
    "score_max",
    "response_frac",
    "loss_frac",
    "confirm_onset",
    "confirm_loss",
    "baseline_mode",
    "baseline_window_days",
    "baseline_min",
    "course_gap_days",
    "onset_horizon_days",
    "remission_cut",
    "as_of",
)
DECIMAL_OPTIONS = {
    "--score-max": gettext_lazy("highest score of the scale"),
    "--response-frac": gettext_lazy(
        "fall from the baseline that is a response (0.5; 0.3 for pain)"
    ),
    "--loss-frac": gettext_lazy("response is lost above this fall (the response fraction)"),
    "--baseline-window-days": gettext_lazy("how old the score before the dose may be (14)"),
    "--baseline-min": gettext_lazy("the baseline must be above this severity (0)"),
    "--course-gap-days": gettext_lazy("a longer gap begins a new course (90)"),
    "--onset-horizon-days": gettext_lazy("how long a response may take to count (14)"),
    "--remission-cut": gettext_lazy("remission is a severity at or below this"),
}


def exact_decimal(text: str) -> Decimal:
    """The option as a finite decimal."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(_("“%s” is not a number") % text) from None
    if not value.is_finite() or abs(value) > 1_000_000:
        raise argparse.ArgumentTypeError(_("“%s” is not a usable number") % text)
    return value


def moment(text: str) -> datetime:
    """The option as a date and time; whether it has an offset is the rule's question."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("“%s” is not an ISO 8601 time") % text) from None


def add_rule_options(parser: CommandParser) -> None:
    """The options are there; one that is not given leaves its part to the instrument."""
    parser.add_argument("--higher-is-better", action=argparse.BooleanOptionalAction)
    for option, words in DECIMAL_OPTIONS.items():
        parser.add_argument(option, type=exact_decimal, help=str(words))
    parser.add_argument("--confirm-onset", type=int, metavar="N")
    parser.add_argument("--confirm-loss", type=int, metavar="N")
    parser.add_argument("--baseline-mode", choices=("course", "session"))
    parser.add_argument("--as-of", type=moment, help=_("use nothing later than this"))


def given_parts(options: Mapping[str, Any]) -> dict[str, Any]:
    """What was given of RULE_OPTIONS, by the names that `ResponseRule` has for it."""
    return {name: options[name] for name in RULE_OPTIONS if options[name] is not None}
