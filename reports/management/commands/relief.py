"""`python manage.py relief sessions.csv checkins.csv`: onset and duration of relief from files.

It opens no database. Bad input is listed on stderr, one line per problem, with exit code 2 and
nothing written.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from reports.management.rule_options import add_rule_options, exact_decimal, given_parts
from reports.management.whole_files import write_all

DEFAULT_SEED = 1


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


class Command(BaseCommand):
    help = _("Onset and duration of relief from two CSV files, without a database.")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sessions", type=Path, help="sessions.csv")
        parser.add_argument("check_ins", type=Path, metavar="checkins", help="checkins.csv")
        parser.add_argument("--instrument", required=True, help=_("for instance PHQ-9"))
        add_rule_options(parser)
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

        try:
            rule = ResponseRule.for_instrument(options["instrument"], **given_parts(options))
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
            text = json.dumps(result, allow_nan=False, indent=1) + "\n"
            outputs[options["json"]] = text.encode()
        try:
            write_all(outputs, folders=[options["svg"]])
        except CommandError as error:
            self.refuse(str(error))
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

    def figures(self, result: dict[str, Any], folder: Path) -> dict[Path, bytes]:
        """The curves that may be drawn; each one that may not is explained on stderr."""
        from reports.relief_drawing import draw_curves

        drawn, refused = draw_curves(result)
        for sentence in refused:
            self.stderr.write(sentence)
        return {folder / f"{name}.svg": svg.encode() for name, svg in drawn.items()}

    def refuse(self, *lines: str) -> NoReturn:
        """Say every line on stderr and stop with exit code 2."""
        for line in lines:
            self.stderr.write(line)
        sys.exit(2)
