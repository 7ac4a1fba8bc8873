"""Begin: make a clinic and its first lead."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from sessions_app.actions.clinic import create_clinic
from sessions_app.errors import RuleBroken
from sessions_app.words.refusals import explain

MIGRATE = "Run `manage.py migrate` first, and see that DATABASE_URL is right."
OPTIONS = {
    "name": "--name",
    "time_zone": "--time-zone",
    "language": "--language",
    "phone": "--phone",
    "username": "--lead-username",
    "full_name": "--lead-name",
    "initials": "--lead-name",
    "password": "the password",
}


class Command(BaseCommand):
    help = "Make a clinic and its first lead, who then adds everybody else on the pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="the clinic's name")
        parser.add_argument("--time-zone", required=True, help="such as Europe/Berlin")
        parser.add_argument("--lead-username", required=True, help="small letters, digits, . - _")
        parser.add_argument("--lead-name", required=True, help='such as "Lena Brandt"')
        parser.add_argument("--language", default="en", help="en or es (default: en)")
        parser.add_argument("--phone", default="", help="shown to patients on the help page")
        parser.add_argument(
            "--password-file",
            metavar="FILE",
            help="read the lead's password from the first line of FILE, or of the input if -",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = self._password(options["password_file"])
        try:
            clinic, lead = create_clinic(
                name=options["name"],
                time_zone=options["time_zone"],
                lead_username=options["lead_username"],
                lead_name=options["lead_name"],
                password=password,
                language=options["language"],
                phone=options["phone"],
            )
        except RuleBroken as broken:
            raise CommandError(_sentences(broken)) from broken
        except (OperationalError, ProgrammingError) as unready:
            raise CommandError(f"The database is not ready ({unready}). {MIGRATE}") from unready
        self.stdout.write(f"{clinic.name} is ready to be set up by {lead.full_name}.")
        self.stdout.write("Next:")
        self.stdout.write(f"  1. Sign in as {lead.username} at {_address()}")
        self.stdout.write("  2. Add the chairs and the staff; hand each their first password.")
        self.stdout.write("  3. Add the help lines and call each of them.")
        self.stdout.write("  4. Everybody sets a PIN under their name, on “My account”.")

    def _password(self, file: str | None) -> str:
        if file is None:
            return self._asked_password()
        if file == "-":
            return sys.stdin.readline().rstrip("\r\n")
        try:
            return Path(file).read_text().partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as unreadable:
            sentence = f"The password file {file} cannot be read. Give the path of a text file."
            raise CommandError(sentence) from unreadable

    def _asked_password(self) -> str:
        if not sys.stdin.isatty():
            raise CommandError(
                "There is no terminal to ask for the password. Give --password-file FILE, "
                "or --password-file - to read it from the input."
            )
        first = getpass.getpass("Password of the lead (12 characters or more): ")
        if getpass.getpass("The same again: ") != first:
            raise CommandError("The two passwords differ. Start again.")
        return first


def _sentences(broken: RuleBroken) -> str:
    lines = []
    for error in broken.errors:
        words = explain(error)
        lines.append(f"{OPTIONS.get(error.field, error.field)}: {words.message} {words.next}")
    return "\n".join(lines)


def _address() -> str:
    scheme = "https" if settings.HTTPS else "http"
    host = next((host for host in settings.ALLOWED_HOSTS if "*" not in host), "localhost")
    port = "" if settings.HTTPS else ":8000"
    return f"{scheme}://{host.lstrip('.')}{port}/"
