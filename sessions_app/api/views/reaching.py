"""Reaching a patient: links and reminders, calls, and the end of both."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.actions import reminders
from sessions_app.actions.arrivals import ask_on_arrival
from sessions_app.actions.check_in_links import revoke_links
from sessions_app.alerting.sending import PAGE_WAIT_S, deliver
from sessions_app.api.door import ApiView, WriteShape, created, shown
from sessions_app.api.serializers import reaching as shapes
from sessions_app.api.serializers.checkins import CheckInRequestOut
from sessions_app.api.serializers.people import PatientOut
from sessions_app.models import CheckInCall, CheckInRequest, Message, Patient
from sessions_app.permissions import load
from sessions_app.roles import Deed


class Messages(ApiView):
    """What was sent about a check-in; POST sends its link by the patient's channel, now."""

    deeds = {"GET": Deed.HANDLE_CHECK_INS, "POST": Deed.HANDLE_CHECK_INS}

    @extend_schema(responses=shapes.MessageOut(many=True))
    def get(self, request: Request, request_id: UUID) -> Response:
        asked = load(CheckInRequest, request.user, request_id, Deed.HANDLE_CHECK_INS)
        rows = Message.objects.filter(request=asked).prefetch_related("deliveries")
        return self.audited_list(rows, shapes.MessageOut)

    @extend_schema(request=WriteShape, responses={201: shapes.MessageOut})
    def post(self, request: Request, request_id: UUID) -> Response:
        asked = load(CheckInRequest, request.user, request_id, Deed.HANDLE_CHECK_INS)
        body = self.checked(WriteShape)
        message = reminders.ask_to_send(by=request.user, request=asked, **body)
        deliver(message, timeout=PAGE_WAIT_S)
        return created(message, shapes.MessageOut)


class Calls(ApiView):
    """Calls about a check-in that was not answered."""

    deeds = {"GET": Deed.HANDLE_CHECK_INS, "POST": Deed.HANDLE_CHECK_INS}

    @extend_schema(responses=shapes.CheckInCallOut(many=True))
    def get(self, request: Request, request_id: UUID) -> Response:
        asked = load(CheckInRequest, request.user, request_id, Deed.HANDLE_CHECK_INS)
        return self.audited_list(CheckInCall.objects.filter(request=asked), shapes.CheckInCallOut)

    @extend_schema(request=shapes.CheckInCallIn, responses={201: shapes.CheckInCallOut})
    def post(self, request: Request, request_id: UUID) -> Response:
        asked = load(CheckInRequest, request.user, request_id, Deed.HANDLE_CHECK_INS)
        body = self.checked(shapes.CheckInCallIn)
        call = reminders.log_check_in_call(by=request.user, request=asked, **body)
        return created(call, shapes.CheckInCallOut)


class LinksEnd(ApiView):
    """No link and no code of the check-in opens it any more."""

    deeds = {"POST": Deed.HANDLE_CHECK_INS}

    @extend_schema(request=WriteShape, responses=CheckInRequestOut)
    def post(self, request: Request, request_id: UUID) -> Response:
        asked = load(CheckInRequest, request.user, request_id, Deed.HANDLE_CHECK_INS)
        ended = revoke_links(by=request.user, request=asked, **self.checked(WriteShape))
        return shown(ended, CheckInRequestOut)


class Arrival(ApiView):
    """The check-in in which the patient says how they are before the dose, open from now on."""

    deeds = {"POST": Deed.HANDLE_CHECK_INS}

    @extend_schema(request=WriteShape, responses={201: CheckInRequestOut})
    def post(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id, Deed.HANDLE_CHECK_INS)
        asked = ask_on_arrival(by=request.user, patient=patient, **self.checked(WriteShape))
        return created(asked, CheckInRequestOut)


class MessagesStop(ApiView):
    """Nothing more is sent to the patient, planned or not."""

    deeds = {"POST": Deed.EDIT_PATIENT}

    @extend_schema(request=WriteShape, responses=PatientOut)
    def post(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        body = self.checked(WriteShape)
        stopped = reminders.stop_reminders(by=request.user, patient=patient, **body)
        return shown(stopped, PatientOut)


class MessagesStart(ApiView):
    """The patient asked for messages again."""

    deeds = {"POST": Deed.EDIT_PATIENT}

    @extend_schema(request=WriteShape, responses=PatientOut)
    def post(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        body = self.checked(WriteShape)
        started = reminders.start_reminders(by=request.user, patient=patient, **body)
        return shown(started, PatientOut)
