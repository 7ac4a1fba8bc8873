"""What a person reads of a registry report: problems with their remedy, and the summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.registry.engines import TRIES, EngineError
from reports.registry.layout import RegistryError
from reports.relief_model_words import model_lines
from reports.relief_summary import QUALITY_WORDS, REASON_WORDS, STATUS_WORDS, hours

REGISTRY_SENTENCES: dict[str, str | Promise] = {
    "no_export": gettext_lazy(
        "%(where)s holds no export; make one with manage.py registry_export, or name its folder"
    ),
    "no_such_clinic": gettext_lazy(
        "there is no export of the clinic %(where)s; the folders are called clinic=ID"
    ),
    "unfinished": gettext_lazy(
        "%(where)s was not written to its end; remove it and export the clinic again"
    ),
    "bad_manifest": gettext_lazy(
        "%(where)s is not a manifest that this version can read; export the clinic again"
    ),
    "bad_file": gettext_lazy("%(where)s cannot be read; copy it again, or export the clinic again"),
    "other_rows": gettext_lazy(
        "%(where)s is not the file of its manifest; copy the whole folder of the clinic again"
    ),
    "instruments_differ": gettext_lazy(
        "the clinics mean different scales by %(where)s; report them apart with --clinic"
    ),
}
ENGINE_SENTENCES: dict[str, str | Promise] = {
    "unknown_engine": gettext_lazy(
        "there is no engine “%(detail)s”; write serial, processes, processes:4 or dask://host:8786"
    ),
    "no_dask": gettext_lazy(
        "dask is not installed here; make setup-dev installs it, or pip install "
        "'dask[distributed]~=2026.8.0'"
    ),
    "no_scheduler": gettext_lazy(
        "no scheduler answers (%(detail)s); start one with: dask scheduler"
    ),
    "no_workers": gettext_lazy(
        "the scheduler has no workers; start one on each machine with: dask worker %(detail)s"
    ),
    "workers_differ": gettext_lazy(
        "scheduler and workers do not run what runs here, so their numbers could differ "
        "(%(detail)s); start each in the folder of the same version of Afterglow, with PYTHONPATH=."
    ),
    "workers_died": gettext_lazy(
        "workers died %(tries)d times on the way, perhaps for want of memory (%(detail)s); "
        "use fewer processes, or export with more buckets"
    ),
}


def registry_line(error: RegistryError) -> str:
    """What is wrong with the folder and what to do."""
    return str(REGISTRY_SENTENCES[error.code]) % {"where": error.where}


def engine_line(error: EngineError) -> str:
    """Why the run ended and what to do."""
    return str(ENGINE_SENTENCES[error.code]) % {"detail": error.detail, "tries": TRIES}


def summary_lines(result: dict[str, Any]) -> Iterator[str]:
    """What was found, and what must be kept in mind, line by line."""
    yield _("Instrument: %(name)s") % {"name": result["parameters"]["instrument"]}
    given = result["parameters"]
    yield _("Response: a fall of at least %(response)s from the baseline (%(mode)s).") % {
        "response": f"{100 * given['response_frac']:.0f} %",
        "mode": _("of the course") if given["baseline_mode"] == "course" else _("of the session"),
    }
    yield _("Loss: less than %(loss)s below the baseline, confirmed at %(n)s check-in(s).") % {
        "loss": f"{100 * given['loss_frac']:.0f} %",
        "n": given["confirm_loss"],
    }
    yield _("Exports of %(clinics)d clinic(s), %(partitions)d partition(s)") % {
        "clinics": len(result["clinics"]),
        "partitions": result["partitions"],
    }
    if result["suppressed"]:
        yield _too_few(result)
        return
    yield _("%(sessions)s sessions of %(patients)s patients:") % result
    for status, n in result["counts"].items():
        yield f"  {n:>6}  {STATUS_WORDS[status]}"
    for kind, n in result["data_quality"].items():
        if n:
            yield f"  {n:>6}  {QUALITY_WORDS[kind]}"
    titles = {
        "onset": _("ONSET: time from the dose to the first response"),
        "relief": _("RELIEF: time from the response to its loss"),
        "relief_with_carried": _("RELIEF, with responses kept after a maintenance dose"),
    }
    for name, title in titles.items():
        yield ""
        yield title
        yield from _curve(result[name], result)
        if name == "relief":
            yield from _censoring(result["censoring"])
            yield from _whole_course(result["whole_course"])
    if "models" in result:
        yield ""
        yield _("MODELS, exploratory: many comparisons, and nothing was assigned at random")
        for name in ("onset", "relief"):
            yield titles[name]
            block = result["models"][name]
            yield from ["  " + _too_few(result)] if block["suppressed"] else model_lines(block)
    yield ""
    yield _(
        "There is no control group: sessions are booked at a bad moment, so part of the "
        "improvement would have come without them. Compare groups with care; p is exploratory."
    )
    if result["left_out"] and result["replicates"]:
        yield _(
            "Intervals draw random groups of patients, up to a thousand, and not each patient: "
            "that would need a row for each session."
        )


def _curve(block: dict[str, Any], result: dict[str, Any]) -> Iterator[str]:
    if block["suppressed"]:
        yield "  " + _too_few(result)
        return
    right, turnbull = block["right"], block["turnbull"]
    yield _("  %(sessions)s sessions of %(patients)s patients, %(events)s events") % {
        "sessions": block["sessions"],
        "patients": block["patients"],
        "events": right["events"],
    }
    low, high = turnbull["median_bracket"]
    digits = 1 if hours(low) != hours(high) else 4
    by_patient = block.get("interval_by_patient")
    drawn = by_patient or block.get("interval_by_group")
    yield _("  median between %(low)s and %(high)s (interval-censored estimate)") % {
        "low": hours(low, digits),
        "high": hours(high, digits),
    } + (_interval(by_patient["turnbull_median"]) if by_patient else "")
    yield _("  median when the clinic saw it: %(median)s") % {"median": hours(right["median"])} + (
        _interval(drawn["median"]) if drawn else _no_interval(result)
    )
    for route, group in block["groups"].items():
        if group["suppressed"]:
            yield f"  {route}: " + _too_few(result)
            continue
        yield _("  %(route)s: %(n)s sessions, median when seen %(median)s") % {
            "route": route,
            "n": group["sessions"],
            "median": hours(group["right"]["median"]),
        }
    if block["logrank"]["p"] is not None:
        yield (
            _("  log-rank between routes: chi2 %(chi2).2f, df %(df)d, p %(p).3g") % block["logrank"]
        )
        if "note" in block["logrank"]:
            yield _("  this p is not valid alone: patients have several sessions")


def _interval(ends: list[float | None]) -> str:
    low, high = ends
    return _("; 95 %% interval by patient %(low)s to %(high)s") % {
        "low": hours(low),
        "high": hours(high),
    }


def _no_interval(result: dict[str, Any]) -> str:
    return _("; no interval from fewer than two patients") if result["replicates"] else ""


def _censoring(block: dict[str, Any]) -> Iterator[str]:
    if block["suppressed"]:
        return
    yield _("  loss seen in %(n)s of %(all)s; the others were followed until:") % {
        "n": block["seen"],
        "all": block["sessions"],
    }
    for reason, words in REASON_WORDS.items():
        yield f"    {block[reason]:>4}  {words}"
    yield _(
        "  median if every next session had come at a loss: %(worst)s; if long before: %(best)s"
    ) % {"worst": hours(block["worst_median"]), "best": hours(block["best_median"])}
    if block["differ_a_lot"]:
        yield _("  re-treatment before relapse makes this estimate uncertain")


def _whole_course(block: dict[str, Any]) -> Iterator[str]:
    if not block["suppressed"]:
        yield _("  median through later sessions of the course, when seen: %(median)s") % {
            "median": hours(block["right"]["median"])
        }


def _too_few(result: dict[str, Any]) -> str:
    return _("fewer than %(minimum)d patients, not shown") % {"minimum": result["minimum_patients"]}
