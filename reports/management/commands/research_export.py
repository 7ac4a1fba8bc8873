"""`manage.py research_export DIR --clinic NAME`: the de-identified export, as files in DIR."""

from __future__ import annotations

from pathlib import Path
from random import SystemRandom
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from reports.management.somebody import person_for
from reports.management.whole_files import write_all
from sessions_app import audit
from sessions_app.roles import Deed


class Command(BaseCommand):
    help = _("Write rows in which nobody is named, with a data dictionary, into an empty folder.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--clinic", required=True, help=_("the clinic's name"))
        parser.add_argument("--by", metavar="USERNAME", help=_("the researcher who takes it along"))

    def handle(self, *args: Any, **options: Any) -> None:
        # pandas and pyarrow are loaded here so that the other commands start without them.
        from reports.exports.research import TooFewPatients, research
        from reports.exports.research_files import research_files

        by = person_for(options["clinic"], options["by"], Deed.EXPORT_RESEARCH)
        folder = self.empty(options["folder"])
        try:
            files = research_files(research(by.clinic, SystemRandom()))
        except TooFewPatients:
            raise CommandError(
                _("Too few patients: an export of so few would name them"), returncode=2
            ) from None
        audit.record(audit.Tag.EXPORT, by=by, reason="research-export")
        write_all({folder / name: content for name, content in files.items()})
        self.stdout.write(
            _("%(n)s files are in %(folder)s; begin with README.txt.")
            % {"n": len(files), "folder": folder}
        )

    def empty(self, folder: Path) -> Path:
        """The folder, made when it is not there; files of two exports are never mixed."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            is_empty = not any(folder.iterdir())
        except OSError as error:
            raise CommandError(
                _("%(file)s cannot be written (%(why)s); choose another place")
                % {"file": folder, "why": error.strerror},
                returncode=2,
            ) from None
        if not is_empty:
            raise CommandError(
                _("%(folder)s is not empty; choose a new folder") % {"folder": folder},
                returncode=2,
            )
        return folder
