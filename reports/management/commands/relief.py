"""`python manage.py relief sessions.csv checkins.csv`: onset and duration of relief from files.

It opens no database. Bad input is listed on stderr, one line per problem, with exit code 2 and
nothing written.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
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
DEFAULT_SEED = 1


def exact_decimal(text: str) -> Decimal:
    """The option as a finite decimal."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(_("“%s” is not a number") % text) from None
    if not value.is_finite() or abs(value) > 1_000_000:
        raise argparse.ArgumentTypeError(_("“%s” is not a usable number") % text)
    return value


def positive_hours(text: str) -> float:
    """The option as hours above zero."""
    value = float(exact_decimal(text))
    if value <= 0:
        raise argparse.ArgumentTypeError(_("the hours must be above 0"))
    return value


def seed(text: str) -> int:
    """The option as a whole number from 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(_("the seed is a whole number from 0"))
    return int(text)


def moment(text: str) -> datetime:
    """The option as a date and time; whether it has an offset is the rule's question."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("“%s” is not an ISO 8601 time") % text) from None


class Command(BaseCommand):
    help = _("Onset and duration of relief from two CSV files, without a database.")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sessions", type=Path, help="sessions.csv")
        parser.add_argument("check_ins", type=Path, metavar="checkins", help="checkins.csv")
        parser.add_argument("--instrument", required=True, help=_("for instance PHQ-9"))
        parser.add_argument("--higher-is-better", action=argparse.BooleanOptionalAction)
        for option, words in DECIMAL_OPTIONS.items():
            parser.add_argument(option, type=exact_decimal, help=str(words))
        parser.add_argument("--confirm-onset", type=int, metavar="N")
        parser.add_argument("--confirm-loss", type=int, metavar="N")
        parser.add_argument("--baseline-mode", choices=("course", "session"))
        parser.add_argument("--as-of", type=moment, help=_("use nothing later than this"))
        parser.add_argument("--tau-hours", type=positive_hours, help=_("end of the mean"))
        parser.add_argument("--seed", type=seed, default=DEFAULT_SEED)
        parser.add_argument("--json", type=Path, metavar="OUT.json")
        parser.add_argument("--models", action="store_true", help=_("with --json: the models too"))
        parser.add_argument("--svg", type=Path, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        # pandas and scipy are loaded here so that the other commands start without them.
        from reports.relief_files import read_relief_files
        from reports.relief_models import with_models
        from reports.relief_problems import problem_line, rule_line
        from reports.relief_report import relief_report
        from reports.response_rule import ResponseRule, RuleError

        given = {name: options[name] for name in RULE_OPTIONS if options[name] is not None}
        try:
            rule = ResponseRule.for_instrument(options["instrument"], **given)
        except RuleError as error:
            self.refuse(rule_line(error))
        files = read_relief_files(options["sessions"], options["check_ins"], rule)
        if files.problems:
            self.refuse(*(problem_line(problem) for problem in files.problems))
        if files.instruments and rule.instrument not in files.instruments:
            met = ", ".join(sorted(files.instruments))
            self.stderr.write(_("No check-in has this instrument. The file has: %s") % met)
        result = relief_report(
            files.sessions,
            files.check_ins,
            rule,
            tau_hours=options["tau_hours"],
            seed=options["seed"],
            blank_scores=files.blank_scores,
        )
        if options["json"] and options["models"]:
            result = with_models(result, seed=options["seed"])
        outputs = self.figures(result, options["svg"]) if options["svg"] else {}
        if options["json"]:
            outputs[options["json"]] = json.dumps(result, allow_nan=False, indent=1) + "\n"
        self.write_all(outputs)
        if not options["json"]:
            self.print_summary(result, files, rule, options)

    def print_summary(self, result: dict[str, Any], files: Any, rule: Any, options: Any) -> None:
        """The summary on stdout; the resampling of many episodes is announced on stderr."""
        from reports.relief_summary import summary_lines
        from reports.treatment_policy import whole_course_relief

        if len(result["episodes"]) > 2000:
            self.stderr.write(_("Resampling patients for the intervals; this takes a while."))
        sessions, check_ins = files.sessions, files.check_ins
        if rule.as_of is not None:
            sessions = sessions[sessions["session_start"] <= rule.as_of]
            check_ins = check_ins[check_ins["taken_at"] <= rule.as_of]
        lines = summary_lines(
            result,
            sessions,
            check_ins,
            whole_course_relief(sessions, files.check_ins, rule),
            seed=options["seed"],
            tau_hours=options["tau_hours"],
        )
        self.stdout.write("\n".join(lines))

    def figures(self, result: dict[str, Any], folder: Path) -> dict[Path, str]:
        """The curves that may be drawn; each one that may not is explained on stderr."""
        from reports.relief_drawing import draw_curves

        drawn, refused = draw_curves(result)
        for sentence in refused:
            self.stderr.write(sentence)
        return {folder / f"{name}.svg": svg for name, svg in drawn.items()}

    def write_all(self, outputs: dict[Path, str]) -> None:
        """Every file complete under its name, or none: written beside it first, then renamed."""
        waiting: list[tuple[str, Path]] = []
        try:
            for path, text in outputs.items():
                if path.suffix == ".svg":
                    path.parent.mkdir(parents=True, exist_ok=True)
                handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
                waiting.append((name, path))
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
            for name, path in waiting:
                os.replace(name, path)
        except OSError as error:
            for name, _path in waiting:
                Path(name).unlink(missing_ok=True)
            self.refuse(
                _("%(file)s cannot be written (%(why)s); choose another place")
                % {"file": path, "why": error.strerror}
            )

    def refuse(self, *lines: str) -> NoReturn:
        """Say every line on stderr and stop with exit code 2."""
        for line in lines:
            self.stderr.write(line)
        sys.exit(2)
