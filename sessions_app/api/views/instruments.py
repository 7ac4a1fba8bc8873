"""Scores that staff enter, correct and take back; the questionnaires that a clinic has."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.actions import instruments as deeds
from sessions_app.actions import scores
from sessions_app.api.door import ApiView, WriteShape, created
from sessions_app.api.serializers import checkins
from sessions_app.api.serializers import instruments as shapes
from sessions_app.instruments import Instrument
from sessions_app.instruments_of import instruments_of, languages_of
from sessions_app.models import ClinicInstrument, InstrumentScore, Patient
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed


class ScoreEntries(ApiView):
    """Enters one scale, by its total or its items, from the clinic's own sheet."""

    deeds = {"POST": Deed.HANDLE_CHECK_INS}

    @extend_schema(request=shapes.ScoreEntryIn, responses={201: checkins.CheckInOut})
    def post(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        entry = self.checked(shapes.ScoreEntryIn)
        row = scores.record_score(by=request.user, patient=patient, **entry)
        return created(row, checkins.CheckInOut)


class ScoreCorrections(ApiView):
    """Puts a right score in the place of a wrong one, which is kept."""

    deeds = {"POST": Deed.HANDLE_CHECK_INS}

    @extend_schema(request=shapes.ScoreCorrectionIn, responses={201: checkins.ScoreOut})
    def post(self, request: Request, score_id: UUID) -> Response:
        score = load(InstrumentScore, request.user, score_id)
        entry = self.checked(shapes.ScoreCorrectionIn)
        row = scores.correct_score(by=request.user, score=score, **entry)
        return created(row, checkins.ScoreOut)


class ScoreWithdrawals(ApiView):
    """Takes a score back that should never have been entered; it is kept, replaced by none."""

    deeds = {"POST": Deed.HANDLE_CHECK_INS}

    @extend_schema(request=shapes.WithdrawalIn, responses={201: checkins.ScoreOut})
    def post(self, request: Request, score_id: UUID) -> Response:
        score = load(InstrumentScore, request.user, score_id)
        entry = self.checked(shapes.WithdrawalIn)
        row = scores.withdraw_score(by=request.user, score=score, **entry)
        return created(row, checkins.ScoreOut)


class Instruments(ApiView):
    """What ships, then what the clinic loaded; POST loads a definition file."""

    deeds = {"GET": Deed.SEE_CHAIRS, "POST": Deed.MANAGE_CLINIC}

    @extend_schema(responses=shapes.InstrumentOut(many=True))
    def get(self, request: Request) -> Response:
        found = [_told(request, each) for each in instruments_of(request.user.clinic_id).values()]
        return self.page(found, shapes.InstrumentOut)

    @extend_schema(request=shapes.InstrumentIn, responses={201: shapes.OwnInstrumentOut})
    def post(self, request: Request) -> Response:
        given = self.checked(shapes.InstrumentIn)
        row = deeds.load_instrument(
            by=request.user, content=given["content"].encode(), write_key=given["write_key"]
        )
        return created(row, shapes.OwnInstrumentOut)


def _told(request: Request, each: Instrument) -> SimpleNamespace:
    facts = {field.name: getattr(each, field.name) for field in fields(each)}
    languages = languages_of(request.user.clinic_id, each.code)
    return SimpleNamespace(**facts, has_score=each.has_score, languages=languages)


class InstrumentRetire(ApiView):
    """Retires one of the clinic's own questionnaires."""

    deeds = {"POST": Deed.MANAGE_CLINIC}

    @extend_schema(request=WriteShape, responses={201: shapes.OwnInstrumentOut})
    def post(self, request: Request, instrument: str) -> Response:
        rows = visible_to(request.user, ClinicInstrument, Deed.MANAGE_CLINIC)
        if not rows.filter(code=instrument).exists():
            raise NotFound
        given = self.checked(WriteShape)
        row = deeds.retire_instrument(by=request.user, code=instrument, **given)
        return created(row, shapes.OwnInstrumentOut)
