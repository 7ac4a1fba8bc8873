"""`manage.py report outcomes --clinic NAME --pdf OUT.pdf`: the outcomes page without a browser.

Every field of the page's filter is an option: --from 2026-01-01 --route iv. The files hold the
numbers of the page for the same filter.
"""

from __future__ import annotations

import json
from argparse import SUPPRESS
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from reports.dashboards.filters import OutcomeFilter, own_outcomes
from reports.forms.outcomes import OutcomeForm
from reports.management.somebody import person_for
from reports.management.whole_files import write_all
from sessions_app import audit
from sessions_app.models import Staff
from sessions_app.roles import Deed

OUTPUTS = {"pdf": "OUT.pdf", "json": "OUT.json", "csv": "OUT.csv"}


class Command(BaseCommand):
    help = _("Write the outcomes of a clinic as PDF, JSON and CSV: the numbers of the page.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("outcomes",))
        parser.add_argument("--clinic", required=True, help=_("the clinic's name"))
        parser.add_argument("--by", metavar="USERNAME", help=_("who asks; else the first lead"))
        for name, example in OUTPUTS.items():
            parser.add_argument(f"--{name}", type=Path, metavar=example, dest=f"out_{name}")
        for name, field in OutcomeForm().fields.items():
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                dest=f"filter_{name}",
                default=SUPPRESS,
                help=str(field.label).replace("%", "%%"),
            )

    def handle(self, *args: Any, **options: Any) -> None:
        outputs = {name: options[f"out_{name}"] for name in OUTPUTS if options[f"out_{name}"]}
        if not outputs:
            raise CommandError(_("Say what to write: --pdf, --json or --csv."), returncode=2)
        by = person_for(options["clinic"], options["by"], Deed.SEE_OUTCOMES)
        chosen = self.chosen(by, options)
        with override(by.clinic.language), timezone.override(by.clinic.time_zone):
            files = {path: self.made(by, chosen, name) for name, path in outputs.items()}
        audit.record(audit.Tag.EXPORT, by=by, reason="outcomes by command")
        write_all(files)
        self.stdout.write("\n".join(str(path) for path in files))

    def chosen(self, by: Staff, options: dict[str, Any]) -> OutcomeFilter:
        """The filter; what cannot be used is said in the words of the page, exit code 2."""
        marked = "filter_"
        given = {
            name.removeprefix(marked): value
            for name, value in options.items()
            if name.startswith(marked)
        }
        form = OutcomeForm(given, own=own_outcomes(by.clinic_id))
        if not form.is_valid():
            wrong = [
                f"--{name.replace('_', '-')}: {message}"
                for name, messages in form.errors.items()
                for message in messages
            ]
            raise CommandError("\n".join(wrong), returncode=2)
        return form.chosen()

    def made(self, by: Staff, chosen: OutcomeFilter, name: str) -> bytes:
        """One of the files. The analysis is computed once and kept for the next."""
        # pandas, matplotlib and typst are loaded here so that other commands start without them.
        from reports.dashboards import outcomes
        from reports.exports.csv import outcomes_csv
        from reports.exports.outcomes_pdf import outcomes_pdf

        found = outcomes(by, chosen)
        if name == "json":
            return (json.dumps(found.as_json(), allow_nan=False, indent=1) + "\n").encode()
        if name == "csv":
            return outcomes_csv(found).encode()
        return outcomes_pdf(found, by.clinic.name, timezone.now())
