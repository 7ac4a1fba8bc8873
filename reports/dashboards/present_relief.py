"""The relief that a patient has now, and when relief like it had ended.

"Like it": the same drug, route and questionnaire at this clinic, this patient's own earlier
sessions among them. What is known of the present one reaches to the last answer, not to today.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from reports import frames
from reports.dashboards.session_lines import SessionLine
from reports.frame_columns import SESSION_COLUMNS
from reports.response_rule import ResponseRule
from sessions_app.models import DoseEvent, SignOff, TreatmentSession
from sessions_app.rules.ends import NOT_A_TREATMENT

if TYPE_CHECKING:
    import pandas as pd

    from reports.dashboards.timeline import Timeline
    from reports.expected_end import ExpectedEnd

# Who is compared: the newest patients of the drug and route among the clinic's newest sessions, so
# that the cost of a page does not grow with the registry.
NEWEST_SESSIONS, MOST_PATIENTS = 5000, 100
WHAT = ("patient_id", "drug", "route")
KEPT_SECONDS = 3600
SILENCE = timedelta(days=14)
SEED = 20

Code = Literal["estimated", "silent", "too_few_patients", "none_ended"]


@dataclass(frozen=True)
class PresentRelief:
    """Relief after session `session_no`, not seen to end yet.

    It was first seen at `since` and last seen at `last_seen`. `own`: how many of the episodes in
    `end` are this patient's. `end` is None when the last answer is two weeks old. `compared_at`:
    when the other episodes were read.
    """

    code: Code
    session_no: int
    since: datetime
    last_seen: datetime
    end: ExpectedEnd | None = None
    own: int = 0
    compared_at: datetime | None = None

    def at(self, hours: float | None) -> datetime | None:
        """The instant so many hours after relief began."""
        return None if hours is None else self.since + timedelta(hours=hours)

    def as_json(self) -> dict[str, Any]:
        """In the types that JSON has; hours since relief began, withheld where refused."""
        shown = self.end if self.code == "estimated" else None
        return {
            "code": self.code,
            "session_no": self.session_no,
            "since": self.since.isoformat(),
            "last_seen": self.last_seen.isoformat(),
            "end": None if shown is None else asdict(shown),
            "own_episodes": self.own if shown is not None else None,
        }


@dataclass(frozen=True)
class Pool:
    """Relief episodes of one status, drug and route: patients, hours, whether the end was seen."""

    frame: pd.DataFrame
    read_at: datetime


def present_relief(seen: Timeline) -> PresentRelief | None:
    """The relief of the newest session; None where it ended, or where nothing says that it is."""
    newest = next((line for line in seen.sessions if line.episode is not None), None)
    if newest is None or newest.episode is None:
        return None
    episode = newest.episode
    if episode["relief_reason"] not in ("end_of_followup", "unconfirmed"):
        return None
    from reports.expected_end import expected_end

    begun = episode["onset_hi"] or 0.0
    since = newest.at + timedelta(hours=begun)
    last_seen = newest.at + timedelta(hours=episode["loss_lo"])
    facts = (int(episode["session_no"]), since, last_seen)
    if seen.data_as_of - last_seen >= SILENCE:
        return PresentRelief("silent", *facts)
    pool = pool_of(seen.patient.clinic_id, newest, seen.rule)
    rows = pool.frame
    end = expected_end(
        rows["patient_id"].tolist(),
        rows["relief_right"].to_numpy(float),
        rows["relief_event"].to_numpy(bool),
        float(episode["relief_right"]),
        minimum=settings.MINIMUM_PATIENTS_DRAWN,
        seed=SEED,
    )
    mine = (rows["patient_id"] == str(seen.patient.pk)) & (rows["relief_right"] > end.so_far_h)
    return PresentRelief(_code(end), *facts, end, int(mine.sum()), pool.read_at)


def _code(end: ExpectedEnd) -> Code:
    if end.refused == "too_few_patients":
        return "too_few_patients"
    return "none_ended" if end.refused else "estimated"


def pool_of(clinic_id: UUID, line: SessionLine, rule: ResponseRule) -> Pool:
    """Relief of the same kind (after a response, or kept) with the same drug and route."""
    words = (clinic_id, line.row.drug, line.row.route, rule.instrument, line.status)
    key = "similar-relief-" + "-".join(str(word).replace(" ", "_") for word in words)
    found: Pool | None = cache.get(key)
    if found is None:
        found = Pool(_similar(clinic_id, line, rule), timezone.now())
        cache.set(key, found, KEPT_SECONDS)
    return found


def _similar(clinic_id: UUID, line: SessionLine, rule: ResponseRule) -> pd.DataFrame:
    """patient_id, relief_right, relief_event of the episodes that are like that of the line."""
    from reports.episodes import derive

    newest = treatments(clinic_id).order_by("-dose_started_at")[:NEWEST_SESSIONS]
    kind = (line.row.drug, line.row.route)
    same = [who for who, *given in newest.values_list(*WHAT) if tuple(given) == kind]
    patients = list(dict.fromkeys(same))[:MOST_PATIENTS]
    own = treatments(clinic_id).filter(patient_id__in=patients)
    sessions = _sessions_frame(own)
    scores = frames.scores_of(clinic_id, rule.instrument).filter(patient_id__in=patients)
    episodes = derive(sessions, frames.check_ins_frame(scores), rule)
    drugs = sessions.set_index("session_id")["drug"]
    alike = (
        (episodes["status"] == line.status)
        & (episodes["route"] == line.row.route)
        & (episodes["session_id"].map(drugs) == line.row.drug)
    )
    return episodes.loc[alike, ["patient_id", "relief_right", "relief_event"]]


def treatments(clinic_id: UUID) -> Any:
    """The clinic's sessions with a dose that are treatments of their patient."""
    ended = SignOff.objects.standing().filter(session=OuterRef("pk"), end__in=NOT_A_TREATMENT)
    dosed = DoseEvent.objects.standing().filter(session=OuterRef("pk"))
    own = TreatmentSession.objects.filter(clinic_id=clinic_id, dose_started_at__isnull=False)
    return own.filter(Q(origin="import") | Exists(dosed)).exclude(Exists(ended))


def _sessions_frame(sessions: Any) -> pd.DataFrame:
    import pandas as pd

    rows = sessions.order_by("dose_started_at", "id").values_list(
        "patient_id", "pk", "dose_started_at", "route", "weight_kg", "drug"
    )
    found = [
        (str(patient), str(pk), at, route, None, frames.as_float(weight), drug)
        for patient, pk, at, route, weight, drug in rows
    ]
    frame = pd.DataFrame(found, columns=[*SESSION_COLUMNS, "drug"])
    frame["session_start"] = pd.to_datetime(frame["session_start"], utc=True).dt.as_unit("us")
    return frame.astype({"dose_mg": "float64", "weight_kg": "float64"})
