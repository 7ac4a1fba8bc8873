"""`manage.py demo`: builds the invented clinics once, and renews what is "in progress now"."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from sessions_app.demo.build import build_clinics
from sessions_app.demo.clinics import PASSWORD, PIN, SPECS
from sessions_app.demo.renew import open_link, renew
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    Appointment,
    CheckIn,
    Clinic,
    Patient,
    TreatmentSession,
    VitalReading,
)

FEWEST = 8  # patients with whom every case of the demo can be shown


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.utcoffset() is None:
        raise ValueError("write the offset too, such as 2026-11-20T11:00:00+01:00")
    return at


class Command(BaseCommand):
    help = "Build or renew the invented clinics of the demo. Needs AFTERGLOW_DEMO=1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=7, help="another seed, other people")
        parser.add_argument("--now", type=instant, help="ISO 8601 with offset; default: now")
        parser.add_argument("--patients", type=int, default=120, help=f"at least {FEWEST}")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO and not settings.TEST:
            raise CommandError("The demo is not for a real clinic's data. Use `make demo`.")
        if options["patients"] < FEWEST:
            raise CommandError(f"--patients is {options['patients']}. Write at least {FEWEST}.")
        self._refuse_real_clinic()
        now: datetime = options["now"] or timezone.now()
        if settings.DEMO:
            call_command("migrate", verbosity=0)
        if self._is_built():
            self._renew(now, options["seed"])
        else:
            self._build(options["seed"], now, options["patients"])
        self._print_ways_in(now)

    def _refuse_real_clinic(self) -> None:
        """The demo adds people to its database: never to one that holds a real clinic."""
        if Clinic._meta.db_table not in connection.introspection.table_names():
            return
        names = Clinic.objects.filter(is_demo=False).values_list("name", flat=True)
        if names:
            raise CommandError(
                f"This database holds a real clinic ({', '.join(names)}); nothing was changed. "
                "Unset DATABASE_URL and AFTERGLOW_DATA_DIR, or use `make demo`."
            )

    def _is_built(self) -> bool:
        """Today's appointments are the last that a build writes; an interrupted one has none."""
        return Appointment.objects.filter(clinic__is_demo=True).exists()

    def _renew(self, now: datetime, seed: int) -> None:
        try:
            renewed = renew(now, seed)
        except RuleBroken as broken:
            self.stderr.write(
                f"The sessions in progress could not be renewed, because somebody changed what "
                f"the demo needs ({broken}). Everything is kept; `make demo-reset` starts over."
            )
            return
        self.stdout.write(
            "The invented clinic is kept; its sessions in progress were renewed."
            if renewed
            else "The invented clinic is kept as it is."
        )

    def _build(self, seed: int, now: datetime, patients: int) -> None:
        began = time.monotonic()
        self.stdout.write(f"Building two invented clinics with {patients} patients …")
        try:
            with tqdm(total=patients, unit="patient", ncols=72) as bar:

                def done(count: int) -> None:
                    bar.update(count)

                build_clinics(seed, now, patients, done)
            renew(now, seed)
        except KeyboardInterrupt:
            raise CommandError("Stopped. `make demo` goes on from here.") from None
        counts = (
            f"{Patient.objects.count()} patients, {TreatmentSession.objects.count()} sessions, "
            f"{VitalReading.objects.count()} vital readings, {CheckIn.objects.count()} check-ins"
        )
        self.stdout.write(f"Built {counts} in {time.monotonic() - began:.0f} s.")

    def _print_ways_in(self, now: datetime) -> None:
        site = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
        write = self.stdout.write
        write(f"\nOpen {site}/ and sign in. Everybody here is invented.")
        write(f"  nurse       nurse       {PASSWORD}   PIN {PIN}   → {site}/chairs/")
        write(f"  physician   physician   {PASSWORD}   PIN {PIN}   → {site}/outcomes/")
        write(f"  clinic lead lead        {PASSWORD}   PIN {PIN}   → {site}/clinic/")
        write(f"  (second nurse for the dose check: nurse2, PIN {PIN}; researcher: researcher;")
        write(f"   the second clinic, {SPECS[1].name}: nurse-bay, physician-bay, lead-bay)")
        link = open_link(now)
        if link is not None:
            write(f"\nA patient's check-in ({link.patient_number}, asked at {link.slot}):")
            write(f"  {site}{link.path}")
