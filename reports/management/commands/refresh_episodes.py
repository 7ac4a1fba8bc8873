"""`manage.py refresh_episodes`: make kept episodes of changed records anew; run it every night."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import derived
from reports.response_rule import KNOWN_INSTRUMENTS, ResponseRule
from sessions_app.models import Clinic

DAILY = ("mood_0_10", "pain_0_10")


class Command(BaseCommand):
    help = "Make the kept episodes of records that have changed anew, so that no page waits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--instrument",
            action="append",
            metavar="NAME",
            help="of this instrument, as the relief command names it (default: mood and pain)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["instrument"] or list(DAILY)
        unknown = [name for name in names if name not in KNOWN_INSTRUMENTS]
        if unknown:
            known = ", ".join(KNOWN_INSTRUMENTS)
            raise CommandError(f"Unknown instrument {unknown[0]}. Write one of: {known}.")
        for clinic in Clinic.objects.order_by("name"):
            for name in names:
                done = derived.refresh(clinic.pk, ResponseRule.for_instrument(name))
                self.stdout.write(f"{clinic.name}, {name}: {done} patients")
