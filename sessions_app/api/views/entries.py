"""What is entered at the chair. Reading the entries of a session is a look at it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import audit
from sessions_app.actions.corrections import correct_reading, strike_entry
from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.effects import (
    change_side_effect,
    record_none_observed,
    record_side_effect,
)
from sessions_app.actions.readings import record_vital_reading
from sessions_app.api.door import ApiView, choose, created
from sessions_app.api.serializers import entries as shapes
from sessions_app.models import SideEffect, SideEffectChange, TreatmentSession, VitalReading
from sessions_app.permissions import load
from sessions_app.roles import Deed


def looked_at(request: Request, session_id: UUID) -> TreatmentSession:
    """The session, with the audit line that somebody looked at it."""
    session = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    return session


def with_changes(effects: QuerySet[Any]) -> QuerySet[Any]:
    changes = SideEffectChange.objects.select_related("strike").order_by("taken_at", "id")
    return effects.select_related("strike").prefetch_related(Prefetch("changes", changes))


class VitalReadings(ApiView):
    """A session's readings, struck ones included; POST adds one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.RUN_SESSION}

    @extend_schema(responses=shapes.VitalReadingOut(many=True))
    def get(self, request: Request, session_id: UUID) -> Response:
        rows = looked_at(request, session_id).readings.select_related("strike")
        return self.page(rows.prefetch_related("alerts"), shapes.VitalReadingOut)

    @extend_schema(request=shapes.VitalReadingIn, responses={201: shapes.VitalReadingOut})
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        entry = shapes.reading_entry(self.checked(shapes.VitalReadingIn))
        row = record_vital_reading(by=request.user, session=session, **entry)
        return created(row, shapes.VitalReadingOut)


class ReadingCorrections(ApiView):
    """Strikes the reading and adds the right one, which says what it replaces."""

    deeds = {"POST": Deed.RUN_SESSION}

    @extend_schema(request=shapes.ReadingCorrectionIn, responses={201: shapes.VitalReadingOut})
    def post(self, request: Request, reading_id: UUID) -> Response:
        reading = load(VitalReading, request.user, reading_id)
        entry = shapes.reading_entry(self.checked(shapes.ReadingCorrectionIn))
        row = correct_reading(by=request.user, reading=reading, **entry)
        return created(row, shapes.VitalReadingOut)


class DoseEvents(ApiView):
    """What was done with the drug, in time order; POST adds an event."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.RUN_SESSION}

    @extend_schema(responses=shapes.DoseEventOut(many=True))
    def get(self, request: Request, session_id: UUID) -> Response:
        rows = looked_at(request, session_id).dose_events.select_related("strike")
        return self.page(rows, shapes.DoseEventOut)

    @extend_schema(request=shapes.DoseEventIn, responses={201: shapes.DoseEventOut})
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        body = self.checked(shapes.DoseEventIn)
        row = record_dose_event(by=request.user, session=session, **body)
        return created(row, shapes.DoseEventOut)


class SideEffects(ApiView):
    """A session's side effects with their changes; POST adds one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.RUN_SESSION}

    @extend_schema(responses=shapes.SideEffectOut(many=True))
    def get(self, request: Request, session_id: UUID) -> Response:
        rows = with_changes(looked_at(request, session_id).effects.all())
        return self.page(rows, shapes.SideEffectOut)

    @extend_schema(request=shapes.SideEffectIn, responses={201: shapes.SideEffectOut})
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        entry = shapes.graded_entry(self.checked(shapes.SideEffectIn))
        row = record_side_effect(by=request.user, session=session, **entry)
        return created(row, shapes.SideEffectOut)


class EffectChanges(ApiView):
    """What became of a side effect; POST says worse, better or resolved."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.RUN_SESSION}

    @extend_schema(responses=shapes.EffectChangeOut(many=True))
    def get(self, request: Request, effect_id: UUID) -> Response:
        effect = load(SideEffect, request.user, effect_id)
        looked_at(request, effect.session_id)
        return self.page(effect.changes.select_related("strike"), shapes.EffectChangeOut)

    @extend_schema(request=shapes.EffectChangeIn, responses={201: shapes.EffectChangeOut})
    def post(self, request: Request, effect_id: UUID) -> Response:
        effect = load(SideEffect, request.user, effect_id)
        entry = shapes.graded_entry(self.checked(shapes.EffectChangeIn))
        row = change_side_effect(by=request.user, effect=effect, **entry)
        return created(row, shapes.EffectChangeOut)


class NoneObservedRows(ApiView):
    """The explicit answers that no side effect was seen; POST adds one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.RUN_SESSION}

    @extend_schema(responses=shapes.NoneObservedOut(many=True))
    def get(self, request: Request, session_id: UUID) -> Response:
        rows = looked_at(request, session_id).none_observed.select_related("strike")
        return self.page(rows.order_by("taken_at", "id"), shapes.NoneObservedOut)

    @extend_schema(request=shapes.EntryIn, responses={201: shapes.NoneObservedOut})
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        row = record_none_observed(by=request.user, session=session, **self.checked(shapes.EntryIn))
        return created(row, shapes.NoneObservedOut)


class Strikes(ApiView):
    """Entries taken out of the record, who did it and why; POST strikes one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.RUN_SESSION}

    @extend_schema(responses=shapes.StrikeOut(many=True))
    def get(self, request: Request, session_id: UUID) -> Response:
        return self.page(looked_at(request, session_id).strikes.all(), shapes.StrikeOut)

    @extend_schema(request=shapes.StrikeIn, responses={201: shapes.StrikeOut})
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        body = self.checked(shapes.StrikeIn)
        model = shapes.MODELS[body["entry_kind"]]
        entry: Any
        if model is SideEffectChange:
            entry = choose(model, request.user, body["entry"], "entry", effect__session=session)
        else:
            entry = choose(model, request.user, body["entry"], "entry", session=session)
        row = strike_entry(
            by=request.user, entry=entry, reason=body["reason"], write_key=body["write_key"]
        )
        return created(row, shapes.StrikeOut)
