"""`manage.py import_records --clinic NAME sessions.csv checkins.csv [vitals.csv] [effects.csv]`.

Every file is read and checked before the first row is written. One problem anywhere, and nothing
of any file stays: all problems on stderr, exit code 2.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from sessions_app.actions.imports import Imported, ImportRefused, import_file
from sessions_app.imports.import_problems import problem_line
from sessions_app.imports.import_rows import (
    Defaults,
    ImportFile,
    Kind,
    read_import_file,
)
from sessions_app.models import Clinic, Staff
from sessions_app.roles import Deed, Role, may
from sessions_app.rules.check_in_windows import INDICATIONS
from sessions_app.rules.dosing import DRUGS

KINDS: tuple[Kind, ...] = ("sessions", "checkins", "vitals", "effects")


class Command(BaseCommand):
    help = _("Bring the history of a clinic into the record from CSV files.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", required=True, help=_("the clinic's name"))
        parser.add_argument("sessions", type=Path, help="sessions.csv")
        parser.add_argument("checkins", type=Path, help="checkins.csv")
        for kind in KINDS[2:]:
            parser.add_argument(kind, type=Path, nargs="?", help=f"{kind}.csv")
            parser.add_argument(f"--{kind}", type=Path, dest=f"named_{kind}", metavar="FILE")
        parser.add_argument("--indication", choices=INDICATIONS, default="")
        parser.add_argument("--drug", choices=DRUGS, default="", help=_("of nasal sessions"))
        parser.add_argument(
            "--birth-dates-unknown",
            action="store_true",
            help=_("add patients without a birth date: 1900-01-01 stands for not known"),
        )
        parser.add_argument("--by", metavar="USERNAME", help=_("who imports; else the first lead"))
        parser.add_argument("--dry-run", action="store_true", help=_("check, and write nothing"))
        parser.add_argument(
            "--progress", action="store_true", help=_("show progress without a terminal too")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = self.importer(options["clinic"], options["by"])
        files = self.read(options)
        problems = [problem for file in files for problem in file.problems]
        if problems:
            self.refuse(*(problem_line(problem) for problem in problems))
        with transaction.atomic():
            done = [self.import_one(by, file, options) for file in files]
            if options["dry_run"]:
                transaction.set_rollback(True)
        for file, imported in zip(files, done, strict=True):
            self.stdout.write(summary(file, imported))
        if options["dry_run"]:
            self.stdout.write(_("Nothing was written: this was a dry run."))
        else:
            self.stdout.write(
                _("Recorded in the name of %(name)s (%(username)s).")
                % {"name": by.full_name, "username": by.username}
            )

    def importer(self, clinic_name: str, username: str | None) -> Staff:
        """Who stands behind the rows: the person of --by, or the clinic's first lead."""
        clinic = Clinic.objects.filter(name=clinic_name).first()
        if clinic is None:
            names = ", ".join(Clinic.objects.order_by("name").values_list("name", flat=True))
            self.refuse(
                _("There is no clinic “%(name)s”; write one of these: %(names)s")
                % {"name": clinic_name, "names": names or "–"}
            )
        staff = Staff.objects.filter(clinic=clinic, is_active=True).order_by("id")
        wanted = staff.filter(username=username) if username else staff.filter(role=Role.LEAD)
        person = wanted.first()
        if person is None or not may(person.role, Deed.EDIT_PATIENT):
            self.refuse(
                _(
                    "Nobody at %(name)s can be named as the importer; give --by USERNAME of a "
                    "lead, nurse or physician who works there"
                )
                % {"name": clinic.name}
            )
        return person

    def read(self, options: dict[str, Any]) -> list[ImportFile]:
        now = timezone.now()
        defaults = Defaults(options["indication"], options["drug"])
        paths: dict[Kind, Path | None] = {
            kind: options.get(f"named_{kind}") or options[kind] for kind in KINDS
        }
        return [
            read_import_file(kind, path, defaults=defaults, now=now)
            for kind, path in paths.items()
            if path is not None
        ]

    def import_one(self, by: Staff, file: ImportFile, options: dict[str, Any]) -> Imported:
        """One file written; its problems beside the record end the command, rows and all."""
        try:
            return import_file(
                by=by,
                file=file,
                birth_dates_unknown=options["birth_dates_unknown"],
                progress=bar(file.name, shown=options["progress"]),
            )
        except ImportRefused as refused:
            # Leaving by an exception undoes the files that were written before this one.
            self.refuse(*(problem_line(problem) for problem in refused.problems))

    def refuse(self, *lines: str) -> NoReturn:
        """Say every line on stderr and stop with exit code 2."""
        for line in lines:
            self.stderr.write(line)
        sys.exit(2)


def bar(name: str, *, shown: bool) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """A progress bar on stderr; without a terminal only when asked for."""

    def watched(rows: Iterable[Any]) -> Iterable[Any]:
        return tqdm(rows, desc=Path(name).name, unit=_("rows"), disable=False if shown else None)

    return watched


def summary(file: ImportFile, done: Imported) -> str:
    """What became of one file, in a line."""
    parts = [
        ngettext("%(n)s row added", "%(n)s rows added", done.added) % {"n": done.added},
        _("%(n)s already there") % {"n": done.already_there},
    ]
    if done.patients_added:
        added = done.patients_added
        parts.append(ngettext("%(n)s new patient", "%(n)s new patients", added) % {"n": added})
    if file.blank_scores:
        parts.append(_("%(n)s without a score left out") % {"n": file.blank_scores})
    if file.rounded:
        parts.append(_("%(n)s doses or weights rounded") % {"n": file.rounded})
    return f"{file.name}: {', '.join(parts)}"
