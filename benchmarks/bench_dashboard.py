"""What the outcomes of a whole registry cost, and the page of one patient in it.

    AFTERGLOW_DEMO=1 AFTERGLOW_DATA_DIR=/tmp/registry python -m benchmarks.bench_dashboard 1000000

Builds the registry in that folder if it has none (`registry_rows`, SQLite), keeps its episodes and
its first analysis ahead as the nightly command does, and then asks in fresh processes: a raw scan
in C of the columns that the page reads, and of the answers behind them; the page computed now in
full (`fresh=1`, libraries loaded); the page from what is kept ahead, cold (nothing in the cache),
warm, and after one new check-in; the patient's page; the safety page, in a process of its own; and
the cost of figures. CPU milliseconds, those of the process that reads the columns included; memory
is the peak of the process that served the page, and of the one that read. `--no-ahead` computes
nothing ahead, which takes longest: the page from what is kept is then that of the last time.
`--replicates 2` draws fewer for what is kept, which is then of the same size and sooner there.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
ROOT = Path(__file__).resolve().parent.parent
LOOKS = 9
MOOD = "mood_0_10"


def cpu_ms(work: Callable[[], Any], runs: int = 1) -> float:
    """CPU milliseconds of the shortest run, those of the processes that it waited for included."""
    taken = []
    for _ in range(runs):
        began = all_cpu()
        work()
        taken.append((all_cpu() - began) * 1000)
    return min(taken)


def all_cpu() -> float:
    """CPU seconds of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def ready(sessions: int, replicates: int) -> None:
    """A registry with kept episodes and, with replicates, its first analysis; says what it took."""
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks.registry_rows import build
    from reports import derived
    from reports.dashboards import outcome_numbers
    from reports.dashboards.filters import OutcomeFilter
    from reports.dashboards.outcomes import compute_ahead
    from reports.response_rule import ResponseRule
    from sessions_app.models import Clinic

    if not Path(settings.DATABASES["default"]["NAME"]).exists():
        print(f"building {sessions:,} sessions: {cpu_ms(lambda: build(sessions)) / 1000:.0f} s")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    clinic = Clinic.objects.get()
    rule = ResponseRule.for_instrument(MOOD)
    made = cpu_ms(lambda: derived.refresh(clinic.pk, rule)) / 1000
    print(f"episodes kept ahead (0 if they were): {made:.0f} s")
    if replicates:
        outcome_numbers.REPLICATES_AHEAD = replicates
        taken = cpu_ms(lambda: compute_ahead(clinic, OutcomeFilter())) / 1000
        print(f"analysis computed ahead: {taken:.0f} s")


def scans() -> dict[str, float]:
    """`SELECT sum(...)` in C over the columns read, and over the answers they are made from.

    Beside them the reading itself, and the peak memory of the process that reads.
    """
    import sqlite3

    from django.conf import settings

    from reports import derived
    from reports.derived_frames import NUMBERED
    from reports.response_rule import ResponseRule
    from sessions_app.models import Clinic

    raw = sqlite3.connect(settings.DATABASES["default"]["NAME"])
    sums = ", ".join(
        f"total({name})" if kind in ("float", "int", "bool") else f"sum(length({name}))"
        for name, kind in NUMBERED.items()
    )
    kept = f"SELECT {sums} FROM reports_derivedepisode WHERE instrument = 'mood_0_10'"
    answers = (
        "SELECT sum(length(patient_id)), sum(length(taken_at)), sum(score)"
        " FROM sessions_app_instrumentscore WHERE instrument = 'mood_0_10'"
    )
    rule, clinic = ResponseRule.for_instrument(MOOD), Clinic.objects.get()
    read = cpu_ms(lambda: derived.kept_numbered(clinic.pk, rule))
    reader = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    count = raw.execute("SELECT count(*) FROM sessions_app_treatmentsession").fetchone()[0]
    return {
        "sessions": count,
        "scan of the columns read": cpu_ms(lambda: raw.execute(kept).fetchall(), 3),
        "scan of the answers": cpu_ms(lambda: raw.execute(answers).fetchall(), 3),
        "columns read and put in order": read,
        "peak MB of the process that reads": reader,
    }


def looks(user: str) -> Callable[..., None]:
    """A browser of that person, which asks for the outcomes or for another path."""
    from django.test import Client

    from sessions_app.models import Staff

    browser = Client()
    browser.force_login(Staff.objects.get(username=user))

    def look(path: str = "/outcomes/") -> None:
        answer = browser.get(path, HTTP_HOST="127.0.0.1")
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")

    return look


def peak_mb() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def pages() -> dict[str, float]:
    """The page of the outcomes in this fresh process, and a patient's."""
    import matplotlib.figure  # noqa: F401
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from reports.dashboards import outcomes
    from reports.dashboards.filters import OutcomeFilter
    from sessions_app.models import Patient, Staff

    look = looks("physician")
    look("/outcomes/?date_to=1999-01-01&to=1999-01-01")  # loads what a page needs
    patient = Patient.objects.order_by("number")[1000]
    look(f"/patients/{patient.pk}/")
    cache.clear()
    found: dict[str, float] = {}
    found["outcomes, computed now"] = cpu_ms(lambda: look("/outcomes/?fresh=1"))
    found["peak MB"] = peak_mb()
    cache.clear()
    physician = Staff.objects.get(username="physician")
    with CaptureQueriesContext(connection) as asked:
        found["outcomes of one route, the numbers alone, computed now"] = cpu_ms(
            lambda: outcomes(physician, OutcomeFilter(route="iv", fresh=True))
        )
    found["queries of the numbers"] = len(asked)
    cache.clear()
    found["outcomes, cold"] = cpu_ms(look)
    found["outcomes, warm"] = statistics.median(cpu_ms(look) for _ in range(LOOKS))
    answer_again(patient)
    found["outcomes, after one new check-in"] = cpu_ms(look)
    cache.clear()
    found["outcomes, computed now, one record to make anew"] = cpu_ms(
        lambda: look("/outcomes/?fresh=1")
    )
    path = f"/patients/{patient.pk}/"
    with CaptureQueriesContext(connection) as asked:
        look(path)
    found["queries of a patient's page"] = len(asked)
    found["patient's course"] = statistics.median(cpu_ms(lambda: look(path)) for _ in range(LOOKS))
    return found


def answer_again(patient: Any) -> None:
    """One more score of the patient, and the record newer by one version."""
    from django.db.models import F

    from sessions_app.models import CheckIn, InstrumentScore, RecordVersion

    given = CheckIn.objects.filter(patient=patient)[0]
    score = InstrumentScore.objects.filter(patient=patient).latest("taken_at")
    score.pk, score.check_in, score.taken_at = None, given, score.taken_at.replace(second=1)
    score._state.adding = True
    score.pk = InstrumentScore._meta.pk.get_default()
    score.save()
    RecordVersion.objects.filter(patient=patient).update(version=F("version") + 1)


def safety() -> dict[str, float]:
    """The safety page of all sessions in this fresh process; nothing is promised of it."""
    from django.core.cache import cache

    look = looks("physician")
    look("/safety/?date_to=1999-01-01&to=1999-01-01")
    cache.clear()
    return {
        "safety, cold": cpu_ms(lambda: look("/safety/")),
        "safety, warm": statistics.median(cpu_ms(lambda: look("/safety/")) for _ in range(3)),
        "peak MB of the safety page": peak_mb(),
    }


def figures() -> dict[str, float]:
    """A figure with one curve of many steps, and one with five hundred lines."""
    import numpy as np

    from reports.charts.curves import onset_figure
    from reports.charts.sheet import Sheet
    from reports.charts.svg import to_svg
    from reports.survival import kaplan_meier, turnbull
    from tests.reports.charts_samples import CURVE_WORDS, curve

    rng = np.random.default_rng(1)
    times, events = np.round(rng.weibull(1.1, 300) * 100), rng.random(300) < 0.8
    right = np.where(events, times, np.inf)
    sample = curve(
        "IV",
        "iv",
        km=kaplan_meier(times, events, tau=336.0),
        npmle=turnbull(np.maximum(times - 20, 0), right),
    )

    def one() -> None:
        onset_figure({"iv": sample}, labels=CURVE_WORDS, prefix="p", title="t", desc="d")

    def many() -> None:
        sheet = Sheet(654, 272)
        lines = [[(10 + k, 10 + i / 2) for k in range(0, 600, 60)] for i in range(500)]
        sheet.segments(lines, "ghost")
        to_svg(sheet.figure, prefix="p", title="t", desc="d")

    one()
    return {"figure with one curve": cpu_ms(one, 9), "figure with 500 lines": cpu_ms(many, 9)}


PARTS = {"scans": scans, "pages": pages, "safety": safety, "figures": figures}


def in_fresh_process(part: str) -> dict[str, float]:
    """What a part found, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.bench_dashboard", "--part", part],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def said(what: str, value: float, limit: float, unit: str = "ms") -> None:
    """One line with a promise and whether it was kept."""
    kept = "kept" if value <= limit else "NOT KEPT"
    print(f"{what}: {value:.1f} {unit}, promised at most {limit:g}: {kept}")


def main() -> None:
    django.setup()
    options = argparse.ArgumentParser(description="What the outcomes of a registry cost.")
    options.add_argument("sessions", nargs="?", type=int, default=1_000_000)
    options.add_argument("--replicates", type=int, default=200)
    options.add_argument("--no-ahead", action="store_true")
    options.add_argument("--part", choices=PARTS)
    asked = options.parse_args()
    if asked.part:
        print(json.dumps(PARTS[asked.part]()))
        return
    ready(asked.sessions, 0 if asked.no_ahead else asked.replicates)
    found = {name: value for part in PARTS for name, value in in_fresh_process(part).items()}
    for name, value in found.items():
        print(f"{name}: {value:,.1f}")
    cold, warm = found["outcomes, cold"], found["outcomes, warm"]
    for scan in ("scan of the columns read", "scan of the answers"):
        now = found["outcomes, computed now"]
        said(f"computed now against a {scan}", now / found[scan], 4, "times")
        said(f"from what is kept, cold, against a {scan}", cold / found[scan], 4, "times")
    peak = max(found["peak MB"], found["peak MB of the process that reads"])
    said("peak memory", peak, 1200, "MB")
    said("warm", warm, 300)
    said("more after one new check-in", found["outcomes, after one new check-in"] - warm, 100)
    said("a patient's course", found["patient's course"], 150)
    said("one curve", found["figure with one curve"], 20)
    said("500 lines", found["figure with 500 lines"], 60)


if __name__ == "__main__":
    main()
