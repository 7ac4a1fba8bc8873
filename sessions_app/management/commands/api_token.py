"""Make, list and revoke the tokens with which machines use the API."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from sessions_app.actions.tokens import create_token, revoke_token
from sessions_app.errors import RuleBroken
from sessions_app.models import ApiToken, Staff
from sessions_app.words.refusals import explain


class Command(BaseCommand):
    help = "Make an API token for a member of staff (it is printed once), list them, or revoke one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--staff", metavar="USERNAME", help="whom the token acts as")
        what.add_argument("--list", action="store_true", help="every token, without its secret")
        what.add_argument("--revoke", metavar="ID", help="the id that --list prints")
        parser.add_argument("--label", default="", help='what uses it, such as "monitor, chair 1"')
        parser.add_argument("--days", type=int, default=90, help="how long it holds (default: 90)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self._list()
        elif options["revoke"]:
            self._revoke(options["revoke"])
        else:
            self._create(options["staff"], options["label"], options["days"])

    def _create(self, username: str, label: str, days: int) -> None:
        person = Staff.objects.filter(username=username.strip().lower()).first()
        if person is None:
            raise CommandError(f"Nobody has the user name {username}. Look at the staff list.")
        try:
            row, token = create_token(person=person, label=label, days=days)
        except RuleBroken as broken:
            raise CommandError(_sentences(broken)) from broken
        until = f"{row.expires_at:%Y-%m-%d %H:%M} UTC"
        self.stderr.write(f"Token {row.pk} acts as {person.username} until {until}.")
        self.stderr.write("It is printed only now; send it as “Authorization: Bearer …”.")
        self.stdout.write(token)

    def _list(self) -> None:
        now = timezone.now()
        rows = ApiToken.objects.select_related("staff").order_by("created_at")
        for row in rows:
            state = "valid until" if row.expires_at > now else "ran out"
            when = row.expires_at
            if row.revoked_at is not None:
                state, when = "revoked", row.revoked_at
            elif not row.staff.is_active:
                state, when = "staff left", row.staff.left_at or row.expires_at
            day = f"{when:%Y-%m-%d}"
            self.stdout.write(f"{row.pk}  {row.staff.username}  {state} {day}  {row.label}")
        if not rows:
            self.stdout.write("There is no token.")

    def _revoke(self, token_id: str) -> None:
        try:
            row = ApiToken.objects.filter(pk=UUID(token_id)).first()
        except ValueError:
            row = None
        if row is None:
            raise CommandError(f"There is no token {token_id}. --list prints the ids.")
        revoke_token(row=row)
        self.stdout.write(f"Token {row.pk} opens nothing any more.")


def _sentences(broken: RuleBroken) -> str:
    lines = []
    for error in broken.errors:
        words = explain(error)
        lines.append(f"--{error.field}: {words.message} {words.next}")
    return "\n".join(lines)
