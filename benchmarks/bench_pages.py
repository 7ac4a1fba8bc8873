"""What one look at a page of the demo costs the server, charts included.

    AFTERGLOW_DEMO=1 .venv/bin/python -m benchmarks.bench_pages

asks each page of a built demo ten times within this process and prints the CPU milliseconds of the
first look and the median of the others. Nothing is written but the audit lines of looking.
"""

from __future__ import annotations

import os
import statistics
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402 - models can be imported only now
from django.test import Client  # noqa: E402

from sessions_app.models import Staff, TreatmentSession  # noqa: E402

LOOKS = 10


def pages() -> list[tuple[str, str, str]]:
    """Who looks at what: name of the page, user name, path."""
    physician = Staff.objects.get(username="physician")
    mine = TreatmentSession.objects.filter(clinic=physician.clinic)
    running = mine.open().order_by("opened_at")[0]
    return [
        ("chair board", "nurse", "/chairs/"),
        ("live session", "nurse", f"/s/{running.pk}/"),
        ("patients", "physician", "/patients/"),
        ("patient's course", "physician", f"/patients/{running.patient_id}/"),
        ("outcomes", "physician", "/outcomes/"),
        ("alerts", "physician", "/alerts/"),
    ]


def look(client: Client, path: str) -> float:
    """CPU milliseconds of one answer; another status than 200 is an error."""
    began = time.process_time()
    answer = client.get(path, HTTP_HOST="127.0.0.1")
    used = (time.process_time() - began) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return used


def main() -> None:
    print(f"{'page':<18}{'first':>8}{'then':>8}   CPU ms, {connection.vendor}")
    for name, who, path in pages():
        client = Client()
        client.force_login(Staff.objects.get(username=who))
        first, *others = [look(client, path) for _ in range(LOOKS)]
        print(f"{name:<18}{first:>8.0f}{statistics.median(others):>8.0f}")


if __name__ == "__main__":
    main()
