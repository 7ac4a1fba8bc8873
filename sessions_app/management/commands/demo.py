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
from django.utils import timezone
from tqdm import tqdm

from sessions_app.demo.build import build_clinics
from sessions_app.demo.clinics import PASSWORD, PIN, SPECS
from sessions_app.demo.renew import open_link, renew
from sessions_app.models import CheckIn, Clinic, Patient, TreatmentSession, VitalReading


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
        parser.add_argument("--patients", type=int, default=120, help="at least 8")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO and not settings.TEST:
            raise CommandError("The demo is not for a real clinic's data. Use `make demo`.")
        if options["patients"] < 8:
            raise CommandError(f"--patients is {options['patients']}. Write at least 8.")
        now: datetime = options["now"] or timezone.now()
        if settings.DEMO:
            call_command("migrate", verbosity=0)
        if Clinic.objects.filter(is_demo=True).exists():
            renewed = renew(now, options["seed"])
            self.stdout.write(
                "The invented clinic is kept; its sessions in progress were renewed."
                if renewed
                else "The invented clinic is kept as it is."
            )
        else:
            self._build(options["seed"], now, options["patients"])
        self._print_ways_in(now)

    def _build(self, seed: int, now: datetime, patients: int) -> None:
        began = time.monotonic()
        self.stdout.write(f"Building two invented clinics with {patients} patients …")
        with tqdm(total=patients, unit="patient", ncols=72) as bar:

            def done(count: int) -> None:
                bar.update(count)

            build_clinics(seed, now, patients, done)
        renew(now, seed)
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
