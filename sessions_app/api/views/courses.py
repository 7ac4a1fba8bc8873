"""What is agreed with a patient: courses, eligibility, prescriptions."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import audit
from sessions_app.actions import plans
from sessions_app.api.door import ApiView, created, shown
from sessions_app.api.serializers import courses as shapes
from sessions_app.models import Patient, TreatmentCourse
from sessions_app.permissions import load
from sessions_app.roles import Deed


class Courses(ApiView):
    """A patient's courses, newest first; POST begins one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.PRESCRIBE}

    @extend_schema(responses=shapes.CourseOut(many=True))
    def get(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
        return self.page(patient.courses.all(), shapes.CourseOut)

    @extend_schema(request=shapes.CourseIn, responses={201: shapes.CourseOut})
    def post(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        body = self.checked(shapes.CourseIn)
        key = body.pop("write_key")
        course = plans.start_course(by=request.user, patient=patient, values=body, write_key=key)
        return created(course, shapes.CourseOut)


class Eligibility(ApiView):
    """The newest answer to each question; POST answers some. Former answers stay in the table."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.PRESCRIBE}
    pagination_class = None

    @extend_schema(responses=shapes.EligibilityOut(many=True))
    def get(self, request: Request, course_id: UUID) -> Response:
        course = load(TreatmentCourse, request.user, course_id)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=course.patient)
        return _held(course)

    @extend_schema(request=shapes.EligibilityIn, responses=shapes.EligibilityOut(many=True))
    def post(self, request: Request, course_id: UUID) -> Response:
        course = load(TreatmentCourse, request.user, course_id)
        body = self.checked(shapes.EligibilityIn)
        answers = {
            code: (given["answer"], given["note"]) for code, given in body["answers"].items()
        }
        plans.answer_eligibility(
            by=request.user, course=course, answers=answers, write_key=body["write_key"]
        )
        return _held(course)


def _held(course: TreatmentCourse) -> Response:
    rows = list(plans.current_eligibility(course).values())
    return Response(shapes.EligibilityOut(rows, many=True).data)


class Prescriptions(ApiView):
    """A course's prescriptions, newest first; POST orders one and ends the one before it."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.PRESCRIBE}

    @extend_schema(responses=shapes.PrescriptionOut(many=True))
    def get(self, request: Request, course_id: UUID) -> Response:
        course = load(TreatmentCourse, request.user, course_id)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=course.patient)
        return self.page(
            course.prescriptions.order_by("-prescribed_at", "-id"), shapes.PrescriptionOut
        )

    @extend_schema(request=shapes.PrescriptionIn, responses={201: shapes.PrescriptionOut})
    def post(self, request: Request, course_id: UUID) -> Response:
        course = load(TreatmentCourse, request.user, course_id)
        body = self.checked(shapes.PrescriptionIn)
        key = body.pop("write_key")
        row = plans.prescribe(by=request.user, course=course, values=body, write_key=key)
        return created(row, shapes.PrescriptionOut)


class OneCourse(ApiView):
    """One course."""

    deeds = {"GET": Deed.SEE_PATIENTS}

    @extend_schema(responses=shapes.CourseOut)
    def get(self, request: Request, course_id: UUID) -> Response:
        course = load(TreatmentCourse, request.user, course_id)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=course.patient)
        return shown(course, shapes.CourseOut)
