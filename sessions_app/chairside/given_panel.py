"""The forms of what is given and rated at the chair, as the live page and its parts read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.chairside.dose_sheet import DosePanel, medication_lines, rating_lines
from sessions_app.forms.entry import KeyedForm
from sessions_app.forms.given import EarlierDoseForm, MedicationForm, RatingForm
from sessions_app.forms.session import DoseEventForm
from sessions_app.models import DoseEvent, Staff, TreatmentSession
from sessions_app.roles import Role
from sessions_app.templatetags.words import number

DEED_WORDS: dict[str, Promise] = {
    "start": _("Start"),
    "rate_change": _("Change rate"),
    "pause": _("Pause"),
    "resume": _("Resume"),
    "stop": _("Stop"),
    "given": _("Dose given"),
    "device": _("Device given"),
}
QUICK = ("pause", "resume", "stop", "device")
# What most often ends or pauses a dose, one tap each; anything else in words.
STOP_REASONS = (
    _("Blood pressure too high"),
    _("Breathing or oxygen"),
    _("Distress"),
    _("Nausea or vomiting"),
    _("The patient asked"),
    _("Line or pump"),
)


@dataclass(frozen=True)
class DoseDeed:
    """One thing that can be done with the drug, and its form."""

    kind: str
    name: Any
    form: DoseEventForm
    is_open: bool
    is_primary: bool
    reasons: tuple[Any, ...]
    asks_reason: bool

    @property
    def is_quick(self) -> bool:
        """One tap: nothing more need be said."""
        return self.kind in QUICK and not self.asks_reason


def given_context(
    session: TreatmentSession,
    panel: DosePanel,
    refused: Mapping[str, KeyedForm],
    *,
    can_write: bool,
) -> dict[str, Any]:
    """What the panels of the dose, of medicines and of ratings read. Three queries."""
    medication = refused.get("medication")
    rating = refused.get("rating")
    return {
        "dose_forms": dose_deeds(panel, refused.get("dose")),
        "earlier_form": _earlier(panel) if can_write else None,
        "medication_form": medication or MedicationForm(auto_id="medication_%s"),
        "medications": medication_lines(session),
        "rating_form": rating or RatingForm.on(session.clinic.dissociation_scale),
        "ratings": rating_lines(session),
        "prescribers": _prescribers(session) if can_write else [],
    }


def dose_deeds(panel: DosePanel, refused: KeyedForm | None) -> list[DoseDeed]:
    """One small form for each thing that can be done with the drug now.

    A refused one is open, also where a colleague was faster and it is no choice any more.
    """
    asked = refused["kind"].value() if refused is not None else None
    kinds = list(panel.kinds)
    if asked in dict(DoseEvent.KINDS) and asked not in kinds:
        kinds.append(asked)
    deeds = []
    for kind in kinds:
        form: Any = refused if asked == kind else DoseEventForm.empty(kind, _initial(panel, kind))
        deeds.append(
            DoseDeed(
                kind,
                DEED_WORDS[kind],
                form,
                asked == kind,
                kind == panel.primary,
                STOP_REASONS if _asks_reason(panel, kind) and kind != "device" else (),
                _asks_reason(panel, kind),
            )
        )
    return deeds


def _asks_reason(panel: DosePanel, kind: str) -> bool:
    """The deed would be refused without one; the page asks before it is tried."""
    if kind == "stop":
        return panel.is_stop_early
    if kind != "device":
        return False
    return not any(slot.is_next and not slot.is_resting for slot in panel.slots)


def _earlier(panel: DosePanel) -> EarlierDoseForm | None:
    """The form for what was done some minutes ago, where a deed is one tap."""
    kinds = [kind for kind in panel.kinds if kind in QUICK]
    return EarlierDoseForm.of(kinds) if kinds else None


def _initial(panel: DosePanel, kind: str) -> dict[str, Any]:
    """The pump's planned rate stands in the start; an amount is never typed ahead of the giver."""
    if kind == "start" and panel.planned_rate is not None:
        return {"rate_ml_per_hour": number(panel.planned_rate)}
    return {}


def _prescribers(session: TreatmentSession) -> list[str]:
    people = Staff.objects.filter(clinic_id=session.clinic_id, role=Role.PHYSICIAN, is_active=True)
    return list(people.values_list("full_name", flat=True))
