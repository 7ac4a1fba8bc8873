"""`manage.py registry_report DIR --instrument NAME [--engine ENGINE] [--json OUT.json]`.

The numbers of the outcomes page from a folder of `registry_export`, in one process, in several, or
on a cluster: the same numbers. It opens no database.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from reports.management.rule_options import add_rule_options, given_parts
from reports.management.whole_files import write_all

MERGE_AT = 32
FACTS = ("score_min", "score_max", "remission_cut")


def day(text: str) -> date:
    """The option as a calendar day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("“%s” is not a day such as 2026-11-20") % text) from None


def session_numbers(text: str) -> tuple[int, int | None]:
    """The option as first and last session number: 1, 2-4, or 9- without an end."""
    first, dash, last = text.partition("-")
    low = int(first) if first.isdecimal() else 0
    high = low if not dash else int(last) if last.isdecimal() else None
    if low < 1 or (dash and last and not last.isdecimal()) or (high is not None and high < low):
        raise argparse.ArgumentTypeError(_("write session numbers as 1, 2-4 or 9-"))
    return low, high


def replicate_count(text: str) -> int:
    """The option as a whole number; 0 is no resampling."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(_("write the number of resamplings as 200, or 0 for none"))
    return int(text)


class Command(BaseCommand):
    help = _("Onset and duration of relief from a registry export, also of many clinics.")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--instrument", required=True, help=_("for instance PHQ-9"))
        parser.add_argument(
            "--engine", default="serial", help="serial | processes[:N] | dask://host:port"
        )
        parser.add_argument("--json", type=Path, metavar="OUT.json")
        parser.add_argument(
            "--no-curves", action="store_true", help=_("medians and means without the curves")
        )
        parser.add_argument(
            "--counts-only",
            action="store_true",
            help=_("no row leaves a partition: no resampling of patients, no trends, no models"),
        )
        parser.add_argument("--no-models", action="store_true", help=_("leave out the models"))
        parser.add_argument(
            "--replicates",
            type=replicate_count,
            metavar="N",
            help=_("how often patients are drawn anew for the intervals (default: as the page)"),
        )
        parser.add_argument("--quiet", action="store_true", help=_("show no progress"))
        parser.add_argument("--clinic", action="append", default=[], metavar="ID")
        for name in ("--indication", "--drug", "--route"):
            parser.add_argument(name, default="", help=_("these sessions only"))
        parser.add_argument("--from", type=day, dest="date_from", metavar="DAY")
        parser.add_argument("--to", type=day, dest="date_to", metavar="DAY")
        parser.add_argument("--sessions", type=session_numbers, default=(1, None), metavar="2-4")
        add_rule_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        # pandas, scipy and Arrow are loaded here so that the other commands start without them.
        from reports.registry.engines import EngineError
        from reports.registry.layout import RegistryError
        from reports.registry.words import engine_line, registry_line, summary_lines
        from reports.relief_problems import rule_line
        from reports.response_rule import RuleError

        try:
            result = self.result(options)
        except RuleError as error:
            self.refuse(rule_line(error))
        except RegistryError as error:
            self.refuse(registry_line(error))
        except EngineError as error:
            self.refuse(engine_line(error))
        if options["json"] is None:
            self.stdout.write("\n".join(summary_lines(result)))
            return
        text = json.dumps(result, allow_nan=False, indent=1) + "\n"
        write_all({options["json"]: text.encode()})

    def result(self, options: dict[str, Any]) -> dict[str, Any]:
        """The numbers, what was asked for, and from which exports."""
        from reports.dashboards import outcome_numbers
        from reports.registry.engines import run
        from reports.registry.layout import instrument_facts, manifests, partitions_of
        from reports.registry.report import numbers_of
        from reports.registry.tables import Asked, counter_of, merged_tables
        from reports.response_rule import ResponseRule

        root, clinics = options["folder"], options["clinic"]
        known = exact_facts(instrument_facts(root, clinics, options["instrument"]))
        parts = {**known, **given_parts(options)}
        rule = ResponseRule.for_instrument(options["instrument"], **parts)
        filters = {name: options[name] for name in ("indication", "drug", "route")}
        asked = Asked(
            rule,
            **filters,
            date_from=options["date_from"],
            date_to=options["date_to"],
            session_numbers=options["sessions"],
            counts_only=options["counts_only"],
        )
        partitions = partitions_of(root.resolve(), clinics)
        waiting = []
        for tables in self.with_progress(
            run(options["engine"], counter_of(asked), partitions), len(partitions), options["quiet"]
        ):
            waiting.append(tables)
            if len(waiting) == MERGE_AT:
                waiting = [merged_tables(waiting)]
        exports = {
            clinic_id: manifest["made_at"]
            for clinic_id, manifest in manifests(root).items()
            if not clinics or clinic_id in clinics
        }
        return {
            "clinics": exports,
            "partitions": len(partitions),
            "filter": {
                **filters,
                "date_from": options["date_from"] and options["date_from"].isoformat(),
                "date_to": options["date_to"] and options["date_to"].isoformat(),
                "session_numbers": list(options["sessions"]),
            },
            **numbers_of(
                merged_tables(waiting),
                asked,
                minimum=settings.MINIMUM_PATIENTS_DRAWN,
                replicates=outcome_numbers.REPLICATES
                if options["replicates"] is None
                else options["replicates"],
                with_models=not options["no_models"],
                points=options["json"] is not None and not options["no_curves"],
            ),
        }

    def with_progress(self, found: Iterator[Any], total: int, quiet: bool) -> Iterator[Any]:
        """The same, counted on stderr."""
        return iter(tqdm(found, total=total, unit="partition", ncols=72, disable=quiet))

    def refuse(self, sentence: str) -> NoReturn:
        """Ends the command with exit code 2 and nothing written."""
        raise CommandError(sentence, returncode=2)


def exact_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a manifest as a rule takes them: numbers were written as text."""
    return {
        name: Decimal(value) if name in FACTS and value is not None else value
        for name, value in facts.items()
    }
