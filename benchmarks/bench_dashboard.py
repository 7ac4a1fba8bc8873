"""What the outcomes of a whole registry cost, and the page of one patient in it.

    AFTERGLOW_DEMO=1 AFTERGLOW_DATA_DIR=/tmp/registry python -m benchmarks.bench_dashboard 1000000

Builds the registry in that folder if it has none (`registry_rows`, SQLite), keeps its episodes and
its first analysis ahead as the nightly command does, and then asks in fresh processes: a raw scan
in C of the columns that the page reads, and of the answers behind them; the page computed now in
full (`fresh=1`, libraries loaded); the page from what is kept ahead, cold (nothing in the cache),
warm, and after one new check-in; the patient's page; and the cost of figures. CPU milliseconds;
memory is the peak of the process that served the page. `--no-ahead` computes nothing ahead, which
takes longest: the page from what is kept is then that of the last time.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
ROOT = Path(__file__).resolve().parent.parent
LOOKS = 9
MOOD = "mood_0_10"


def cpu_ms(work: Callable[[], Any], runs: int = 1) -> float:
    """CPU milliseconds of the shortest run."""
    taken = []
    for _ in range(runs):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) * 1000)
    return min(taken)


def ready(sessions: int, ahead: bool) -> None:
    """A registry with kept episodes and, if asked, its first analysis; says how long these took."""
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks.registry_rows import build
    from reports import derived
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
    if ahead:
        taken = cpu_ms(lambda: compute_ahead(clinic, OutcomeFilter())) / 1000
        print(f"analysis computed ahead: {taken:.0f} s")


def scans() -> dict[str, float]:
    """`SELECT sum(...)` in C over the kept columns, and over the answers they are made from."""
    import sqlite3

    from django.conf import settings

    from reports.derived_frames import KINDS

    raw = sqlite3.connect(settings.DATABASES["default"]["NAME"])
    sums = ", ".join(
        f"total({name})" if kind in ("float", "int", "bool") else f"sum(length({name}))"
        for name, kind in KINDS.items()
    )
    kept = f"SELECT {sums} FROM reports_derivedepisode WHERE instrument = 'mood_0_10'"
    answers = (
        "SELECT sum(length(patient_id)), sum(length(taken_at)), sum(score)"
        " FROM sessions_app_instrumentscore WHERE instrument = 'mood_0_10'"
    )
    count = raw.execute("SELECT count(*) FROM sessions_app_treatmentsession").fetchone()[0]
    return {
        "sessions": count,
        "scan of the kept columns": cpu_ms(lambda: raw.execute(kept).fetchall(), 3),
        "scan of the answers": cpu_ms(lambda: raw.execute(answers).fetchall(), 3),
    }


def pages() -> dict[str, float]:
    """The page of the outcomes in this fresh process, and a patient's."""
    from django.core.cache import cache
    from django.db import connection
    from django.db.models import F
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from reports.dashboards import outcomes
    from reports.dashboards.filters import OutcomeFilter
    from sessions_app.models import CheckIn, InstrumentScore, Patient, RecordVersion, Staff

    browser = Client()
    physician = Staff.objects.get(username="physician")
    browser.force_login(physician)

    def look(path: str = "/outcomes/") -> None:
        answer = browser.get(path, HTTP_HOST="127.0.0.1")
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")

    look("/outcomes/?date_to=1999-01-01&to=1999-01-01")  # loads what a page needs
    patient = Patient.objects.order_by("number")[1000]
    look(f"/patients/{patient.pk}/")
    cache.clear()
    found: dict[str, float] = {}
    with CaptureQueriesContext(connection) as asked:
        found["outcomes, the numbers alone, computed now"] = cpu_ms(
            lambda: outcomes(physician, OutcomeFilter(fresh=True))
        )
    found["queries of the numbers"] = len(asked)
    cache.clear()
    found["outcomes, computed now"] = cpu_ms(lambda: look("/outcomes/?fresh=1"))
    found["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    cache.clear()
    found["outcomes, cold"] = cpu_ms(look)
    found["outcomes, warm"] = statistics.median(cpu_ms(look) for _ in range(LOOKS))
    given = CheckIn.objects.filter(patient=patient)[0]
    score = InstrumentScore.objects.filter(patient=patient).latest("taken_at")
    score.pk, score.check_in, score.taken_at = None, given, score.taken_at.replace(second=1)
    score._state.adding = True
    score.pk = InstrumentScore._meta.pk.get_default()
    score.save()
    RecordVersion.objects.filter(patient=patient).update(version=F("version") + 1)
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


PARTS = {"scans": scans, "pages": pages, "figures": figures}


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
    if "--part" in sys.argv:
        print(json.dumps(PARTS[sys.argv[-1]]()))
        return
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    ready(numbers[0] if numbers else 1_000_000, "--no-ahead" not in sys.argv)
    found = {name: value for part in PARTS for name, value in in_fresh_process(part).items()}
    for name, value in found.items():
        print(f"{name}: {value:,.1f}")
    cold, warm = found["outcomes, cold"], found["outcomes, warm"]
    for scan in ("scan of the kept columns", "scan of the answers"):
        now = found["outcomes, computed now"]
        said(f"computed now against a {scan}", now / found[scan], 4, "times")
        said(f"from what is kept, cold, against a {scan}", cold / found[scan], 4, "times")
    said("peak memory", found["peak MB"], 1200, "MB")
    said("warm", warm, 300)
    said("more after one new check-in", found["outcomes, after one new check-in"] - warm, 100)
    said("a patient's course", found["patient's course"], 150)
    said("one curve", found["figure with one curve"], 20)
    said("500 lines", found["figure with 500 lines"], 60)


if __name__ == "__main__":
    main()
