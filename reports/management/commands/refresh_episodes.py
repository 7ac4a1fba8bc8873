"""`manage.py refresh_episodes`: make kept episodes of changed records anew; run it every night."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import derived
from reports.dashboards.filters import DEFAULT_INSTRUMENTS, OutcomeFilter, relief_name
from reports.dashboards.outcomes import compute_ahead
from reports.response_rule import KNOWN_INSTRUMENTS, ResponseRule
from sessions_app.models import Clinic

DAILY = ("mood_0_10", "pain_0_10")


def first_looks(names: list[str]) -> list[OutcomeFilter]:
    """What a page shows before anybody chooses, of the conditions that these scales are for."""
    kinds = DEFAULT_INSTRUMENTS.items()
    return [OutcomeFilter(indication=kind) for kind, code in kinds if relief_name(code) in names]


class Command(BaseCommand):
    help = "Make the kept episodes of changed records anew, and analyses that no page waits for."

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
            for chosen in first_looks(names):
                if compute_ahead(clinic, chosen):
                    self.stdout.write(f"{clinic.name}, {chosen.query()}: computed ahead")
