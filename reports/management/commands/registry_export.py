"""`manage.py registry_export DIR --buckets N`: the rows of every clinic as Parquet, by patient.

What it writes is read by `manage.py registry_report`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from sessions_app import audit
from sessions_app.models import Clinic, Staff, TreatmentSession
from sessions_app.roles import Deed, may

DEFAULT_BUCKETS = 16


def bucket_count(text: str) -> int:
    """The option as a whole number of buckets."""
    from reports.registry.layout import MAX_BUCKETS

    if not text.isdecimal() or not 1 <= int(text) <= MAX_BUCKETS:
        raise argparse.ArgumentTypeError(
            _("the number of buckets is a whole number from 1 to %d") % MAX_BUCKETS
        )
    return int(text)


class Command(BaseCommand):
    help = _("Write sessions and check-ins of every clinic as Parquet, for registry_report.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--buckets", type=bucket_count, default=DEFAULT_BUCKETS, metavar="N")
        parser.add_argument("--clinic", action="append", default=[], help=_("one clinic's name"))
        parser.add_argument("--by", metavar="USERNAME", help=_("who exports; else the first lead"))
        parser.add_argument("--quiet", action="store_true", help=_("show no progress"))

    def handle(self, *args: Any, **options: Any) -> None:
        # Arrow and pandas are loaded here so that the other commands start without them.
        from reports.registry.layout import RegistryError

        chosen = [
            (clinic, self.exporter(clinic, options["by"]))
            for clinic in self.clinics(options["clinic"])
        ]
        for clinic, by in chosen:
            try:
                facts = self.export(clinic, by, options)
            except RegistryError as error:
                raise CommandError(
                    _("%(folder)s is there already; choose an empty folder, or remove it")
                    % {"folder": error.where},
                    returncode=2,
                ) from None
            except OSError as error:
                raise CommandError(
                    _("%(folder)s cannot be written (%(why)s); choose another place")
                    % {"folder": options["folder"], "why": error.strerror},
                    returncode=2,
                ) from None
            self.stdout.write(
                _("%(clinic)s: %(sessions)d sessions, %(check_ins)d check-ins in %(parts)d buckets")
                % {
                    "clinic": clinic.name,
                    "sessions": sum(rows["sessions"] for rows in facts["rows"].values()),
                    "check_ins": sum(rows["check_ins"] for rows in facts["rows"].values()),
                    "parts": len(facts["rows"]),
                }
            )
        self.stdout.write(
            _(
                "These files are not anonymous: keys lead back to patients, and times are exact. "
                "Keep them as you keep the record."
            )
        )

    def export(self, clinic: Clinic, by: Staff, options: dict[str, Any]) -> dict[str, Any]:
        """One clinic's folder, and the line in its audit trail that says so."""
        from reports.registry.export import export_clinic
        from reports.registry.layout import new_folder

        at = timezone.now()
        new_folder(options["folder"], str(clinic.pk))
        # Before the first row leaves: a line too many does no harm, one too few does.
        audit.record(audit.Tag.EXPORT, by=by, clinic=clinic, at=at, reason="registry")
        patients = TreatmentSession.objects.filter(clinic=clinic).values("patient").distinct()
        with tqdm(
            total=patients.count(),
            desc=clinic.name,
            unit="patient",
            ncols=72,
            disable=options["quiet"],
        ) as bar:
            return export_clinic(clinic, options["folder"], options["buckets"], at, bar.update)

    def clinics(self, names: list[str]) -> list[Clinic]:
        """The clinics with these names, all without a name."""
        known = {clinic.name: clinic for clinic in Clinic.objects.order_by("name")}
        for name in names:
            if name not in known:
                raise CommandError(
                    _("There is no clinic “%(name)s”; write one of these: %(names)s")
                    % {"name": name, "names": ", ".join(known) or "–"},
                    returncode=2,
                )
        return [known[name] for name in names] or list(known.values())

    def exporter(self, clinic: Clinic, username: str | None) -> Staff:
        """Who stands behind the export: the person of --by, or somebody who may, a lead first."""
        staff = Staff.objects.filter(clinic=clinic, is_active=True).order_by("id")
        wanted = [
            person
            for person in (staff.filter(username=username) if username else staff)
            if may(person.role, Deed.EXPORT_ROWS)
        ]
        if not wanted:
            raise CommandError(
                _(
                    "Nobody at %(name)s can be named as the exporter; give --by USERNAME of a "
                    "lead or physician who works there"
                )
                % {"name": clinic.name},
                returncode=2,
            )
        return min(wanted, key=lambda person: person.role != "lead")
