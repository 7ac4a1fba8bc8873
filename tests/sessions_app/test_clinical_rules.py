"""docs/clinical-rules.md says what the code does: its tables are written from the data.

After a change of a number, run `python -m pytest tests/sessions_app/test_clinical_rules.py`; it
fails and names the table. `PYTHONPATH=. python tests/sessions_app/test_clinical_rules.py` then
writes the tables anew, to be read in the diff.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from sessions_app.rules import (
    check_in_windows,
    dosing,
    effects,
    escalation,
    escalation_rails,
    guard_rails,
    limits,
    long_term_watch,
    protocols,
)
from sessions_app.rules.dissociation import SCALES
from sessions_app.rules.ends import ENDS

DOC = Path(__file__).resolve().parents[2] / "docs" / "clinical-rules.md"
MARK = re.compile(r"<!-- table: (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *([str(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def plausible() -> str:
    return table(
        ("Value", "Accepted", "Unit (UCUM)", "Whole numbers", "LOINC", "Source"),
        (
            (f"`{sign}`", row, row.unit, "yes" if row.whole else "no", row.loinc or "–", row.source)
            for sign, row in limits.PLAUSIBLE.items()
        ),
    )


def alerts() -> str:
    words = {limits.BEFORE: "before", limits.AFTER: "after", limits.ALWAYS: "before and after"}
    return table(
        ("Sign", "Code", "When", "Calls if", "Level", "Source"),
        (
            (
                f"`{limit.sign}`",
                f"`{limit.code}`",
                words[limit.phases],
                f"{'rise ' if limit.rise else ''}{limit.compare} {limit.threshold}",
                limit.level,
                limit.source,
            )
            for limit in limits.DEFAULT_ALERTS.limits
        ),
    )


def jumps() -> str:
    return table(
        ("Sign", "Asked if the change is above", "Unit"),
        ((f"`{sign}`", f"±{row.high}", row.unit) for sign, row in limits.JUMPS.items()),
    )


def schedules() -> str:
    rows = []
    for route, protocol in protocols.SHIPPED.items():
        if protocol.is_infusion:
            due = (
                f"0, every {protocol.during_every_min} to the end, at the end, then every "
                f"{protocol.after_every_min}"
            )
            watch = f"{protocol.watch_min} after the end"
        else:
            due, watch = ", ".join(map(str, protocol.due)), str(protocol.watch_min)
        source = protocols.SCHEDULE_SOURCES.get(route, protocols.DESIGN)
        rows.append((f"`{route}`", due, watch, source))
    return table(("Route", "Readings due, min", "Watched at least, min", "Source"), rows)


def settings() -> str:
    rows = []
    for name, setting in guard_rails.SETTINGS.items():
        shipped = {
            route: value
            for route, protocol in protocols.SHIPPED.items()
            if name in guard_rails.settings_for(route)
            and (value := getattr(protocol, name)) is not None
        }
        alike = len(set(shipped.values())) == 1
        ships = (
            next(iter(shipped.values()))
            if alike
            else ", ".join(f"{route} {value}" for route, value in shipped.items())
        )
        rows.append(
            (f"`{name}`", setting.unit, ships, f"{setting.low}–{setting.high}", setting.source)
        )
    return table(("Setting", "Unit", "Ships as", "Can be set to", "Source of what ships"), rows)


def rails() -> str:
    return table(
        ("Alert limit", "Ships as", "Can be set to", "Can be left out"),
        (
            (
                f"`{name}`",
                f"{line.compare} {line.threshold}",
                f"{guard_rails.RAILS[name][0]}–{guard_rails.RAILS[name][1]}",
                "no" if line.level == "high" else "yes",
            )
            for name, line in guard_rails.SHIPPED_LINES.items()
        ),
    )


def bands() -> str:
    return table(
        ("Route", "Drug", "Band", "Source"),
        (
            (
                f"`{route}`",
                drug,
                f"{band.low}–{band.high} {'mg/kg' if band.per_kg else 'mg'}",
                band.source,
            )
            for (route, drug), band in dosing.DOSE_BANDS.items()
        ),
    )


def rounding() -> str:
    return table(
        ("What", "Rounded half up to"),
        (
            ("dose to give", f"{dosing.MG_STEP} mg"),
            ("volume", f"{dosing.ML_STEP} mL"),
            ("pump rate", f"{dosing.RATE_STEP} mL/hour"),
            ("dose given so far by infusion", f"{dosing.GIVEN_STEP} mg"),
            ("dose per weight, for display", f"{dosing.MG_PER_KG_STEP} mg/kg"),
        ),
    )


def start_checks() -> str:
    return table(
        ("Check", "Stops on", "Can be overridden", "Source"),
        (
            (f"`{c.code}`", c.stops_on, "yes" if c.overridable else "no", c.source)
            for c in protocols.START_CHECKS
        ),
    )


def discharge_checks() -> str:
    return table(
        ("Check", "Proven by", "Basis"),
        ((f"`{c.code}`", c.source, c.basis) for c in protocols.DISCHARGE_CHECKS),
    )


def ends() -> str:
    doses = {"given": "if a dose stands", "none": "no", "either": "if a dose stands"}
    return table(
        (
            "End",
            "A dose",
            "Asks for",
            "Counts as a session",
            "Counts as a dose",
            "Monitored",
            "Asked",
        ),
        (
            (
                f"`{e.code}`",
                {"given": "must stand", "none": "must not stand", "either": "may stand"}[e.dose],
                ", ".join(f"`{name}`" for name in e.needs),
                doses[e.dose] if e.counts_as_session else "no",
                doses[e.dose] if e.counts_as_session else "no",
                "yes" if e.counts_as_monitored else "no",
                "if a dose stands" if e.is_asked_after else "no",
            )
            for e in ENDS.values()
        ),
    )


def windows() -> str:
    def words(span: timedelta) -> str:
        hours = span / timedelta(hours=1)
        return f"{hours:g} h" if abs(hours) < 144 else f"{hours / 24:g} d"

    return table(
        ("Slot", "Due", "Opens", "Closes", "Asked"),
        (
            (
                f"`{w.slot}`",
                words(w.due),
                words(w.opens),
                words(w.closes),
                ", ".join(f"`{code}`" for code in w.instruments),
            )
            for w in (check_in_windows.PRE_WINDOW, *check_in_windows.CHECK_IN_WINDOWS)
        ),
    )


def side_effects() -> str:
    marks = ("common", "must_clear", "escalates", "serious", "between_visits")
    return table(
        ("Code", "MedDRA preferred term (general knowledge)", "Routes", "Marks"),
        (
            (
                f"`{e.code}`",
                e.meddra_pt,
                ", ".join(e.routes) if e.routes else "all",
                ", ".join(mark.replace("_", " ") for mark in marks if getattr(e, mark)) or "–",
            )
            for e in effects.ALL_EFFECTS
        ),
    )


def dissociation_scales() -> str:
    return table(
        ("Scale", "Range", "Over at", "Source"),
        ((f"`{s.code}`", f"0–{s.top}", f"{s.clear_at} or less", s.source) for s in SCALES.values()),
    )


def watched() -> str:
    rails = guard_rails.WATCH_SETTINGS
    ranges = f"{rails['every_days']}, {rails['every_sessions'].low}–{rails['every_sessions'].high}"
    return table(
        ("Item", "Scale", "Ships as", "Can be set to", "Basis"),
        (
            (
                f"`{w.item}`",
                f"`{scale}`" if (scale := long_term_watch.ITEMS[w.item].scale) else "words",
                f"every {w.every_days} days or {w.every_sessions} doses",
                f"{ranges} doses",
                long_term_watch.ITEMS[w.item].basis,
            )
            for w in long_term_watch.SHIPPED_WATCHES
        ),
    )


def escalation_steps() -> str:
    return table(
        ("Setting", "Ships as", "Can be set to", "Source"),
        (
            (f"`{name}`", f"{getattr(escalation.SHIPPED, name)} min", setting, setting.source)
            for name, setting in escalation_rails.MINUTES.items()
        ),
    )


TABLES: dict[str, Callable[[], str]] = {
    make.__name__: make
    for make in (
        settings,
        rails,
        plausible,
        alerts,
        jumps,
        schedules,
        bands,
        rounding,
        start_checks,
        discharge_checks,
        ends,
        windows,
        dissociation_scales,
        side_effects,
        watched,
        escalation_steps,
    )
}


def printed() -> dict[str, str]:
    return dict(MARK.findall(DOC.read_text(encoding="utf-8")))


def test_the_page_has_each_table_once():
    found = [name for name, _ in MARK.findall(DOC.read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_each_table_prints_the_numbers_of_the_code(name):
    assert printed()[name] == TABLES[name]()


def test_the_numbers_in_the_sentences_are_those_of_the_code():
    shipped = protocols.SHIPPED["iv"]
    prose = " ".join(MARK.sub("", DOC.read_text(encoding="utf-8")).split())
    for sentence in (
        f"Version of the limits: `{limits.LIMITS_VERSION}`",
        f"Version of the protocols: `{protocols.PROTOCOL_VERSION}`",
        f"above {shipped.start_systolic}/{shipped.start_diastolic} mmHg",
        f"{shipped.bp_retry_min} minutes later",
        f"overdue {shipped.overdue_min} minutes after its due minute",
        f"more than {guard_rails.LONGEST_GAP_MIN} minutes without a reading",
        f"at most {guard_rails.WINDOWS_AHEAD_HOURS // 168} weeks",
        f"before {guard_rails.NASAL_WATCH.low // 60} hours",
        f"{dosing.DEVICE_MG} mg, {dosing.DEVICE_REST_MIN} minutes apart",
        f"from {dosing.SENIOR_AGE_YEARS} years",
        f"within {shipped.bp_near_percent} % of the reading before the dose",
        f"below {shipped.systolic_below}/{shipped.diastolic_below} mmHg",
        f"above {shipped.spo2_above} % on room air",
        f"MOAA/S {shipped.moaas_at_least}",
        f"older than {shipped.reading_max_age_min} minutes",
        f"from {limits.FAHRENHEIT.low} to {limits.FAHRENHEIT.high}",
        f"more than {limits.WEIGHT_ASK_PERCENT} % is asked about",
        f"more than {limits.WEIGHT_ALERT_PERCENT} % is a medium alert",
        f"between {limits.POUNDS.low} and {limits.POUNDS.high} times",
        f"every {check_in_windows.QUESTIONNAIRE_EVERY_DAYS} days",
        f"{check_in_windows.WEEKS_AHEAD} weeks",
    ):
        assert sentence in prose, sentence


def rewrite() -> None:
    """Write every table of the page anew from the data."""
    text = DOC.read_text(encoding="utf-8")
    DOC.write_text(
        MARK.sub(lambda m: f"<!-- table: {m[1]} -->\n{TABLES[m[1]]()}<!-- end -->", text),
        encoding="utf-8",
    )


if __name__ == "__main__":
    rewrite()
