"""Who is called, after how long, and what long treatment is watched for."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import audit
from sessions_app.actions import ladder
from sessions_app.actions.rota import add_shifts, cancel_shift
from sessions_app.actions.watch import record_watch_check, strike_watch_check
from sessions_app.alerting import rota
from sessions_app.alerting.escalation_of import escalation_of
from sessions_app.alerting.watch_state import watch_of
from sessions_app.api.door import ApiView, WriteShape, choose, created, shown
from sessions_app.api.serializers import calls as shapes
from sessions_app.models import EscalationVersion, OnCallShift, Patient, Staff, WatchCheck
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed
from sessions_app.rules.escalation_rails import MINUTES
from sessions_app.views.rota import SHOWN


class Rota(ApiView):
    """Who is on call now, whom nobody can reach, and when nobody would be called."""

    deeds = {"GET": Deed.SEE_ALERTS}

    @extend_schema(responses=shapes.RotaOut)
    def get(self, request: Request) -> Response:
        clinic, now = request.user.clinic, timezone.now()
        found = {
            "on_call": [person.pk for person in rota.on_call_at(clinic, now)],
            "unreachable": [person.pk for person in rota.unreachable(clinic, now)],
            "gaps": rota.rota_gaps(clinic, now, now + SHOWN),
        }
        return shown(found, shapes.RotaOut)


class Shifts(ApiView):
    """Shifts that are not over, by their beginning; POST adds one, or one in each of some weeks."""

    deeds = {"GET": Deed.SEE_ALERTS, "POST": Deed.MANAGE_CLINIC}

    @extend_schema(responses=shapes.ShiftOut(many=True))
    def get(self, request: Request) -> Response:
        rows = visible_to(request.user, OnCallShift, Deed.SEE_ALERTS)
        return self.page(rows.filter(ends_at__gt=timezone.now()), shapes.ShiftOut)

    @extend_schema(request=shapes.ShiftIn, responses={201: shapes.ShiftOut})
    def post(self, request: Request) -> Response:
        given = self.checked(shapes.ShiftIn)
        person = choose(Staff, request.user, given.pop("staff"), "staff", Deed.MANAGE_CLINIC)
        return created(add_shifts(by=request.user, staff=person, **given), shapes.ShiftOut)


class ShiftCancel(ApiView):
    """One that runs ends now; one to come is cancelled."""

    deeds = {"POST": Deed.MANAGE_CLINIC}

    @extend_schema(request=WriteShape, responses={201: shapes.ShiftOut})
    def post(self, request: Request, shift_id: UUID) -> Response:
        shift = load(OnCallShift, request.user, shift_id, Deed.MANAGE_CLINIC)
        given = self.checked(WriteShape)
        row = cancel_shift(by=request.user, shift=shift, write_key=given["write_key"])
        return created(row, shapes.ShiftOut)


class EscalationInForce(ApiView):
    """After how long the next person is called about an alert."""

    deeds = {"GET": Deed.SEE_ALERTS}

    @extend_schema(responses=shapes.EscalationOut)
    def get(self, request: Request) -> Response:
        return shown(escalation_of(request.user.clinic), shapes.EscalationOut)


class EscalationVersions(ApiView):
    """The clinic's versions, newest first; POST adds one."""

    deeds = {"GET": Deed.SEE_ALERTS, "POST": Deed.MANAGE_CLINIC}

    @extend_schema(responses=shapes.EscalationVersionOut(many=True))
    def get(self, request: Request) -> Response:
        rows = visible_to(request.user, EscalationVersion, Deed.SEE_ALERTS)
        return self.page(rows, shapes.EscalationVersionOut)

    @extend_schema(request=shapes.EscalationIn, responses={201: shapes.EscalationVersionOut})
    def post(self, request: Request) -> Response:
        given = self.checked(shapes.EscalationIn)
        stamp = {
            "reason": given["reason"],
            "seen_version": given["version"],
            "write_key": given["write_key"],
        }
        if given["reset_to_shipped"]:
            row = ladder.reset_escalation(by=request.user, **stamp)
        else:
            minutes = {name: given[name] for name in MINUTES if name in given}
            wanted = replace(escalation_of(request.user.clinic), **minutes)
            row = ladder.change_escalation(by=request.user, wanted=wanted, **stamp)
        return created(row, shapes.EscalationVersionOut)


class WatchState(ApiView):
    """What is due, when, and what was given in all."""

    deeds = {"GET": Deed.SEE_PATIENTS}

    @extend_schema(responses=shapes.WatchStateOut)
    def get(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
        return shown(watch_of(patient, timezone.now()), shapes.WatchStateOut)


class WatchChecks(ApiView):
    """What somebody looked at, in order of time, struck looks too; POST adds a look."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.HANDLE_CHECK_INS}

    @extend_schema(responses=shapes.WatchCheckOut(many=True))
    def get(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
        rows = WatchCheck.objects.filter(patient=patient).select_related("score", "strike")
        return self.page(rows, shapes.WatchCheckOut)

    @extend_schema(request=shapes.WatchCheckIn, responses={201: shapes.WatchCheckOut})
    def post(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id, Deed.HANDLE_CHECK_INS)
        row = record_watch_check(
            by=request.user, patient=patient, **self.checked(shapes.WatchCheckIn)
        )
        return created(row, shapes.WatchCheckOut)


class WatchStrikes(ApiView):
    """Strikes a look that should never have been written; its score is taken back with it."""

    deeds = {"POST": Deed.HANDLE_CHECK_INS}

    @extend_schema(request=shapes.WatchStrikeIn, responses={201: shapes.WatchStrikeOut})
    def post(self, request: Request, look_id: UUID) -> Response:
        look = load(WatchCheck, request.user, look_id, related=("score",))
        row = strike_watch_check(by=request.user, look=look, **self.checked(shapes.WatchStrikeIn))
        return created(row, shapes.WatchStrikeOut)
