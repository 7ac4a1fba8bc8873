"""The record → the folders of `layout`: one clinic at a time, in memory of a fixed size.

The files hold random keys, exact times and scores: no name, number, birth date or free text. They
are not anonymous all the same, for a key leads back to the patient in this database.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
from django.db.models import Q

from reports import frames
from reports.dashboards.filters import own_outcomes
from reports.registry.layout import (
    CHECK_INS,
    CHECK_INS_FILE,
    SESSIONS,
    SESSIONS_FILE,
    bucket_name,
    bucket_of,
    new_folder,
    schema_of,
    table_of,
    write_manifest,
)
from sessions_app.instruments_of import versions_alike
from sessions_app.models import Clinic, InstrumentScore, TreatmentSession
from sessions_app.models.checkins import ScoreQuerySet

# Patients whose rows are in memory at once.
AT_ONCE = 500


def export_clinic(
    clinic: Clinic, root: Path, buckets: int, at: datetime, done: Callable[[int], object]
) -> dict[str, Any]:
    """The clinic's folder stands complete below `root`, or not at all; returns its manifest.

    `done` is told how many patients were written. Raises RegistryError if the folder is there
    already. Readable by its owner only.
    """
    folder = new_folder(root, str(clinic.pk))
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = root / f".{folder.name}.{os.getpid()}"
    unfinished.mkdir(mode=0o700)
    try:
        facts = _write(clinic, unfinished, buckets, at, done)
        os.replace(unfinished, folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return facts


def patients_by_bucket(clinic: Clinic, buckets: int) -> dict[int, list[UUID]]:
    """Everybody with a session; buckets without anybody are left out."""
    sessions = TreatmentSession.objects.filter(clinic=clinic).order_by()
    found: dict[int, list[UUID]] = {}
    for key in sessions.values_list("patient_id", flat=True).distinct().order_by("patient_id"):
        found.setdefault(bucket_of(str(key), buckets), []).append(key)
    return dict(sorted(found.items()))


def _write(
    clinic: Clinic, folder: Path, buckets: int, at: datetime, done: Callable[[int], object]
) -> dict[str, Any]:
    scores = usable_scores(clinic)
    rows: dict[str, dict[str, int]] = {}
    left_out: Counter[str] = Counter()
    for bucket, patients in patients_by_bucket(clinic, buckets).items():
        own = folder / bucket_name(bucket)
        own.mkdir(mode=0o700)
        with (
            pq.ParquetWriter(own / SESSIONS_FILE, schema_of(SESSIONS)) as sessions_file,
            pq.ParquetWriter(own / CHECK_INS_FILE, schema_of(CHECK_INS)) as check_ins_file,
        ):
            written = Counter(sessions=0, check_ins=0)
            for group in _groups(patients):
                sessions, why = _sessions(group)
                check_ins = frames.check_ins_frame(scores.filter(patient_id__in=group))
                sessions_file.write_table(table_of(sessions, SESSIONS))
                check_ins_file.write_table(table_of(check_ins, CHECK_INS))
                written["sessions"] += len(sessions)
                written["check_ins"] += len(check_ins)
                left_out.update(why)
                done(len(group))
        rows[own.name] = dict(written)
    facts = {
        "clinic_id": str(clinic.pk),
        "time_zone": clinic.time_zone,
        "made_at": at.isoformat(),
        "buckets": buckets,
        "rows": rows,
        "left_out": dict(left_out),
        "instruments": _own_instruments(clinic),
    }
    write_manifest(folder, facts)
    return facts


def usable_scores(clinic: Clinic) -> ScoreQuerySet:
    """The scores that the clinic's pages would use.

    Of a questionnaire that the clinic loaded itself: those of versions that are scored alike.
    """
    wanted = Q()
    for code, own in own_outcomes(clinic.pk).items():
        wanted &= ~Q(instrument=code) | Q(instrument_version__in=versions_alike(clinic, own))
    return InstrumentScore.objects.filter(wanted, clinic=clinic)


def _sessions(patients: list[UUID]) -> tuple[Any, dict[str, int]]:
    rows = TreatmentSession.objects.filter(patient_id__in=patients)
    frame, left_out = frames.counted_sessions(rows)
    facts = frames.session_facts(rows)
    return frame.merge(facts, on="session_id", how="left"), asdict(left_out)


def _own_instruments(clinic: Clinic) -> dict[str, dict[str, Any]]:
    """Scale and direction of what only this clinic knows, by code; numbers as text, exactly."""
    return {
        code: {
            "score_min": str(own.score_min),
            "score_max": str(own.score_max),
            "higher_is_better": own.higher_is_better,
            "recall_days": own.recall_days,
            "remission_cut": None if own.remission_cut is None else str(own.remission_cut),
        }
        for code, own in own_outcomes(clinic.pk).items()
    }


def _groups(patients: list[UUID]) -> Iterator[list[UUID]]:
    rest = iter(patients)
    while group := list(islice(rest, AT_ONCE)):
        yield group
