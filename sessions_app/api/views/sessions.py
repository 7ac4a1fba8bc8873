"""Sessions: the list, the start, one whole record, and how it ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import roles
from sessions_app.actions import signoff
from sessions_app.actions.starting import StartGate, start_session
from sessions_app.api.door import ApiView, choose, created
from sessions_app.api.serializers import sessions as shapes
from sessions_app.api.views.entries import looked_at, with_changes
from sessions_app.api.views.people import bounds
from sessions_app.chairside.session_state import discharge_checks
from sessions_app.chairside.start_draft import StartDraft, draft_of
from sessions_app.models import (
    Appointment,
    Chair,
    Prescription,
    SideEffect,
    SignOff,
    Staff,
    TreatmentSession,
)
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed


class Sessions(ApiView):
    """Sessions by patient, by day, open or signed; POST starts one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.RUN_SESSION}

    @extend_schema(parameters=[shapes.SessionsQuery], responses=shapes.SessionRow(many=True))
    def get(self, request: Request) -> Response:
        asked = self.query(shapes.SessionsQuery)
        rows: Any = visible_to(request.user, TreatmentSession)
        rows = rows.with_state().order_by("-opened_at", "id")
        if asked.get("patient"):
            rows = rows.filter(patient_id=asked["patient"])
        if asked.get("day"):
            begins, ends = bounds(asked["day"])
            rows = rows.filter(opened_at__gte=begins, opened_at__lt=ends)
        if asked["open"] is not None:
            rows = rows.filter(origin="live", is_signed=not asked["open"])
        return self.audited_list(rows, shapes.SessionRow)

    @extend_schema(request=shapes.SessionIn, responses={201: shapes.SessionStartedOut})
    def post(self, request: Request) -> Response:
        body = self.checked(shapes.SessionIn)
        by = request.user
        prescription = choose(Prescription, by, body["prescription"], "prescription")
        appointment = None
        if body["appointment"] is not None:
            appointment = choose(
                Appointment,
                by,
                body["appointment"],
                "appointment",
                patient_id=prescription.course.patient_id,
            )
        chair = choose(Chair, by, body["chair"], "chair")
        session = start_session(
            by=by,
            prescription=prescription,
            chair=chair,
            gate=_gate(body, draft_of(prescription.course.patient, chair, timezone.now())),
            second_person=choose(
                Staff,
                by,
                body["second_person"],
                "second_person",
                is_active=True,
                role__in=roles.ALLOWED[Deed.RUN_SESSION],
            ),
            second_pin=body["second_pin"],
            second_password=body["second_password"],
            prescriber=None
            if body["prescriber"] is None
            else choose(Staff, by, body["prescriber"], "prescriber", is_active=True),
            prescriber_pin=body["prescriber_pin"],
            prescriber_password=body["prescriber_password"],
            write_key=body["write_key"],
            appointment=appointment,
        )
        return created(whole(session), shapes.SessionStartedOut)


def _gate(body: dict[str, Any], draft: StartDraft) -> StartGate:
    """As on the page: the draft says when what still stands was written, and what came before."""
    given = {**body["answers"], **body["vitals"]}
    texts = {name: str(value) for name, value in given.items() if value is not None}
    return StartGate(
        answers=body["answers"],
        vitals=body["vitals"],
        weight_kg=body["weight_kg"],
        weight_confirmed=body["weight_confirmed"],
        overrides=shapes.overrides_from(body["overrides"]),
        written_at=draft.since(texts),
        earlier=draft.earlier,
        shown_mg=body["shown_mg"],
    )


def whole(session: TreatmentSession) -> TreatmentSession:
    """The session with all its entries at hand, in a number of queries that never grows."""
    rows: QuerySet[Any] = TreatmentSession.objects.with_state().filter(pk=session.pk)
    found: TreatmentSession = rows.prefetch_related(
        "checks",
        "readings__strike",
        "readings__alerts",
        "dose_events__strike",
        "none_observed__strike",
        "medications__strike",
        "ratings__strike",
        "strikes",
        "sign_offs__void",
        "amendments",
        "alerts",
    ).get()
    effects = with_changes(SideEffect.objects.filter(session=session))
    found._prefetched_objects_cache["effects"] = effects  # type: ignore[attr-defined]
    return found


class OneSession(ApiView):
    """One session with everything that stands in its record."""

    deeds = {"GET": Deed.SEE_PATIENTS}

    @extend_schema(responses=shapes.SessionOut)
    def get(self, request: Request, session_id: UUID) -> Response:
        session = looked_at(request, session_id)
        return Response(shapes.SessionOut(whole(session)).data)


class DischargeChecks(ApiView):
    """What must be so before the patient goes home; POST ticks what a person has to see."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.SIGN_SESSION}
    pagination_class = None

    @extend_schema(responses=shapes.DischargeCheckOut(many=True))
    def get(self, request: Request, session_id: UUID) -> Response:
        results = discharge_checks(looked_at(request, session_id), timezone.now())
        return Response(shapes.DischargeCheckOut(results, many=True).data)

    @extend_schema(request=shapes.DischargeCheckIn, responses={201: shapes.SessionCheckOut})
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        body = self.checked(shapes.DischargeCheckIn)
        row = signoff.confirm_check(by=request.user, session=session, **body)
        return created(row, shapes.SessionCheckOut)


class SignOffs(ApiView):
    """The signatures of a session, voided ones included; POST signs."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.SIGN_SESSION}

    @extend_schema(responses=shapes.SignOffOut(many=True))
    def get(self, request: Request, session_id: UUID) -> Response:
        rows = looked_at(request, session_id).sign_offs.select_related("void")
        return self.page(rows, shapes.SignOffOut)

    @extend_schema(request=shapes.SignOffIn, responses={201: shapes.SignOffOut})
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        body = self.checked(shapes.SignOffIn)
        overrides = shapes.overruled_from(body.pop("overrides"))
        row = signoff.sign_session(by=request.user, session=session, overrides=overrides, **body)
        return created(row, shapes.SignOffOut)


class Void(ApiView):
    """Within a minute, the signer takes the signature back; the session is open again."""

    deeds = {"POST": Deed.SIGN_SESSION}

    @extend_schema(request=shapes.VoidIn, responses={201: shapes.VoidOut})
    def post(self, request: Request, sign_off_id: UUID) -> Response:
        sign_off = load(SignOff, request.user, sign_off_id)
        body = self.checked(shapes.VoidIn)
        row = signoff.void_sign_off(by=request.user, sign_off=sign_off, **body)
        return created(row, shapes.VoidOut)


class Amendments(ApiView):
    """Dated corrections in words to a signed or imported session; POST adds one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.SIGN_SESSION}

    @extend_schema(responses=shapes.AmendmentOut(many=True))
    def get(self, request: Request, session_id: UUID) -> Response:
        return self.page(looked_at(request, session_id).amendments.all(), shapes.AmendmentOut)

    @extend_schema(request=shapes.AmendmentIn, responses={201: shapes.AmendmentOut})
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        body = self.checked(shapes.AmendmentIn)
        row = signoff.amend_session(by=request.user, session=session, **body)
        return created(row, shapes.AmendmentOut)
