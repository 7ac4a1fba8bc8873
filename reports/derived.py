"""Episodes kept as columns: refreshed for the patients whose record has changed, then read whole.

Kept are the definitions that ship with each instrument. Anything else is computed from the record
when it is asked for. Rows are made by the same functions as everywhere, patient by patient in
batches, so they equal what `episodes.derive` gives for the whole clinic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce

from reports import frames
from reports.columns import read_columns
from reports.models import DerivedEpisode, DerivedPatient
from reports.response_rule import ResponseRule
from sessions_app.models import InstrumentScore, Patient, TreatmentSession

if TYPE_CHECKING:
    import pandas as pd

    from reports.relief_report import Observed

BATCH = 500
# From so many patients on a second connection that reads whole columns is worth its opening.
MANY = 2_000
QUALITY = ("exact_copies", "conflicting_scores")
LEFT_OUT = ("no_dose", "not_started", "wrong_patient")


@dataclass(frozen=True)
class Kept:
    """What is kept of one clinic and instrument, in the shapes of the analysis.

    `sessions` and `facts` as in `frames`, `episodes` as `episodes.derive` gives them for all
    sessions, `changes` as `mood_change.changes_after`, `through` as `whole_course_relief`.
    """

    sessions: pd.DataFrame
    facts: pd.DataFrame
    episodes: pd.DataFrame
    changes: pd.DataFrame
    through: Observed
    quality: dict[str, int]
    left_out: frames.LeftOut


@dataclass(frozen=True)
class KeptNumbered:
    """The same with numbers for patients, in the order of their ids, and categories for words.

    `patients`: the id of each number. `sessions`: with their facts and `id`, the key of the kept
    row, but without a session_id, as in `episodes` and `changes`; all three share their index.
    """

    patients: pd.Index[Any]
    sessions: pd.DataFrame
    episodes: pd.DataFrame
    changes: pd.DataFrame
    through: Observed
    quality: dict[str, int]
    left_out: frames.LeftOut


def is_kept(rule: ResponseRule) -> bool:
    """Whether the rule is the one whose episodes are kept."""
    return rule == ResponseRule.for_instrument(rule.instrument)


def fingerprint(rule: ResponseRule) -> str:
    """The same for the same definitions, in every process and version."""
    return sha256(repr(sorted(rule.parameters().items())).encode()).hexdigest()[:16]


def refresh(clinic_id: UUID, rule: ResponseRule) -> int:
    """Makes the rows of every patient anew whose record is newer; how many patients it was.

    Each batch is one transaction. A record that changes meanwhile stays newer than its rows.
    """
    done = 0
    for patients in _batches(stale(clinic_id, rule)):
        _refresh_batch(clinic_id, rule, patients)
        done += len(patients)
    return done


def stale(clinic_id: UUID, rule: ResponseRule) -> list[UUID]:
    """The patients whose kept rows are older than their record, or were made by other rules."""
    fresh = DerivedPatient.objects.filter(
        patient=OuterRef("pk"),
        instrument=rule.instrument,
        rule=fingerprint(rule),
        version=OuterRef("now"),
    )
    found = _versions(clinic_id).filter(~Exists(fresh)).order_by("pk")
    return list(found.values_list("pk", flat=True))


def _versions(clinic_id: UUID) -> QuerySet[Any]:
    """The clinic's patients with `now`, the version of their record."""
    now = Coalesce("record_version__version", 0)
    return Patient.objects.filter(clinic_id=clinic_id).annotate(now=now)


def _batches(patients: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for first in range(0, len(patients), BATCH):
        yield patients[first : first + BATCH]


def _refresh_batch(clinic_id: UUID, rule: ResponseRule, patients: Sequence[UUID]) -> None:
    from reports.derived_frames import derived_rows

    versions = dict(_versions(clinic_id).filter(pk__in=patients).values_list("pk", "now"))
    # Not by clinic too: SQLite would then go through all rows of the clinic for each batch.
    chosen = TreatmentSession.objects.filter(patient__in=patients)
    loaded = list(frames.with_dose_events(chosen))
    codes = frames.codes_of(rule.instrument)
    scores = InstrumentScore.objects.filter(patient__in=patients, instrument__in=codes)
    check_ins = frames.check_ins_frame(scores)
    sessions, _ = frames.frame_of(loaded)
    rows = derived_rows(sessions, frames.session_facts(chosen), check_ins, rule)
    noticed = Noticed.of(loaded, sessions, check_ins)
    mark = fingerprint(rule)
    with transaction.atomic():
        old = DerivedEpisode.objects.filter(instrument=rule.instrument)
        old.filter(patient_id__in=[str(patient) for patient in patients]).delete()
        _insert(clinic_id, rule.instrument, rows)
        DerivedPatient.objects.bulk_create(
            [
                DerivedPatient(
                    clinic_id=clinic_id,
                    patient_id=patient,
                    instrument=rule.instrument,
                    rule=mark,
                    version=version,
                    **{name: noticed.count(name, str(patient)) for name in (*QUALITY, *LEFT_OUT)},
                )
                for patient, version in versions.items()
            ],
            update_conflicts=True,
            unique_fields=["patient", "instrument"],
            update_fields=["clinic", "rule", "version", *QUALITY, *LEFT_OUT],
        )


@dataclass(frozen=True)
class Noticed:
    """Counts by what was noticed and by patient."""

    counts: Counter[tuple[str, str]]

    @classmethod
    def of(
        cls, loaded: list[TreatmentSession], sessions: pd.DataFrame, check_ins: pd.DataFrame
    ) -> Self:
        """Sessions that are no treatment by reason, and check-ins given twice for one instant."""
        counts: Counter[tuple[str, str]] = Counter()
        for session in loaded:
            counts[frames.left_out_reason(session), str(session.patient_id)] += 1
        known = check_ins[check_ins["patient_id"].isin(set(sessions["patient_id"]))]
        twice = known[known.duplicated(["patient_id", "taken_at"], keep=False)]
        for _, given in twice.groupby(["patient_id", "taken_at"]):
            patient, distinct = str(given["patient_id"].iloc[0]), given["score"].nunique()
            counts["exact_copies", patient] += len(given) - distinct
            counts["conflicting_scores", patient] += distinct > 1
        return cls(counts)

    def count(self, what: str, patient: str) -> int:
        return self.counts[what, patient]


def _insert(clinic_id: UUID, instrument: str, rows: pd.DataFrame) -> None:
    """All rows; of somebody else's rows of the same session, made meanwhile, these stand."""
    meta, name = DerivedEpisode._meta, connection.ops.quote_name
    clinic = meta.get_field("clinic").get_db_prep_save(clinic_id, connection)
    columns = ("clinic_id", "instrument", *rows.columns)
    marks = ", ".join(["%s"] * len(columns))
    renewed = ", ".join(f"{name(one)} = excluded.{name(one)}" for one in columns)
    sql = (
        f"INSERT INTO {name(meta.db_table)} ({', '.join(name(one) for one in columns)}) "  # nosec B608
        f"VALUES ({marks}) ON CONFLICT (session_id, instrument) DO UPDATE SET {renewed}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            sql, [(clinic, instrument, *row) for row in rows.itertuples(index=False, name=None)]
        )


def kept(clinic_id: UUID, rule: ResponseRule) -> Kept:
    """The rows of the clinic as they are kept; `refresh` comes first. Two queries."""
    from reports.derived_frames import (
        FACTS,
        KINDS,
        changes_of,
        episodes_of,
        in_order,
        sessions_of,
        through_of,
    )

    rows, counts = _read(clinic_id, rule, KINDS)
    rows = in_order(rows)
    return Kept(
        sessions=sessions_of(rows),
        facts=rows[["session_id", *FACTS]],
        episodes=episodes_of(rows),
        changes=changes_of(rows),
        through=through_of(rows),
        **_counted(rows, counts, rule),
    )


def kept_numbered(clinic_id: UUID, rule: ResponseRule) -> KeptNumbered:
    """The same for an analysis, which needs no name of a session; one query more where sessions of
    one patient begin together.
    """
    from reports.derived_frames import (
        NUMBERED,
        changes_of,
        in_order,
        numbered_episodes_of,
        numbered_sessions_of,
        through_of,
    )

    rows, counts = _read(clinic_id, rule, NUMBERED)
    rows = in_order(rows, lambda some: list(session_names(some["id"])))
    return KeptNumbered(
        patients=rows["patient_id"].cat.categories,
        sessions=numbered_sessions_of(rows),
        episodes=numbered_episodes_of(rows),
        changes=changes_of(rows),
        through=through_of(rows),
        **_counted(rows, counts, rule),
    )


def session_names(keys: pd.Series[int]) -> pd.Series[str]:
    """The session_id of kept rows by their keys. One query."""
    wanted = DerivedEpisode.objects.filter(pk__gte=keys.min(), pk__lte=keys.max()).order_by()
    if len(keys) <= BATCH:
        wanted = wanted.filter(pk__in=keys.tolist())
    found = read_columns(wanted, {"id": "int", "session_id": "key"}, through_adbc=len(keys) >= MANY)
    return found.set_index("id")["session_id"].loc[keys]


def _read(
    clinic_id: UUID, rule: ResponseRule, kinds: dict[str, Any]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Rows in no order, and what was noticed while they were made."""
    patients = DerivedPatient.objects.filter(clinic_id=clinic_id, instrument=rule.instrument)
    counted = patients.aggregate(n=Count("pk"), **{one: Sum(one) for one in (*QUALITY, *LEFT_OUT)})
    rows = DerivedEpisode.objects.filter(clinic_id=clinic_id, instrument=rule.instrument)
    found = read_columns(rows.order_by(), kinds, through_adbc=counted["n"] >= MANY)
    return found, {name: counted[name] or 0 for name in (*QUALITY, *LEFT_OUT)}


def _counted(rows: pd.DataFrame, counts: dict[str, int], rule: ResponseRule) -> dict[str, Any]:
    early = (rows["status"] == "response") & (rows["onset_hi"] < rule.recall_days * 24)
    quality = {name: counts[name] for name in QUALITY}
    return {
        "quality": {**quality, "recall_overlap": int(early.sum())},
        "left_out": frames.LeftOut(**{name: counts[name] for name in LEFT_OUT}),
    }
