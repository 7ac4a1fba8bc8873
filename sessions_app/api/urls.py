from django.urls import path

from sessions_app.api.views import (
    alerts,
    checkins,
    courses,
    devices,
    entries,
    given,
    people,
    protocols,
    sessions,
    starting,
    timing,
)

app_name = "api"
PATIENT, COURSE = "patients/<uuid:patient_id>/", "courses/<uuid:course_id>/"
SESSION, ALERT = "sessions/<uuid:session_id>/", "alerts/<uuid:alert_id>/"
APPOINTMENT = "appointments/<uuid:appointment_id>/"

urlpatterns = [
    path("me/", people.Me.as_view(), name="me"),
    path("chairs/", people.Chairs.as_view(), name="chairs"),
    path("patients/", people.Patients.as_view(), name="patients"),
    path(PATIENT, people.OnePatient.as_view(), name="patient"),
    path(f"{PATIENT}courses/", courses.Courses.as_view(), name="courses"),
    path(
        f"{PATIENT}start-drafts/<uuid:chair_id>/",
        starting.StartDraftAt.as_view(),
        name="start_draft",
    ),
    path(f"{PATIENT}scores/", checkins.Scores.as_view(), name="scores"),
    path(COURSE, courses.OneCourse.as_view(), name="course"),
    path(f"{COURSE}eligibility/", courses.Eligibility.as_view(), name="eligibility"),
    path(f"{COURSE}prescriptions/", courses.Prescriptions.as_view(), name="prescriptions"),
    path("appointments/", people.Appointments.as_view(), name="appointments"),
    path(f"{APPOINTMENT}move/", people.AppointmentMove.as_view(), name="appointment_move"),
    path(f"{APPOINTMENT}cancel/", people.AppointmentCancel.as_view(), name="appointment_cancel"),
    path("sessions/", sessions.Sessions.as_view(), name="sessions"),
    path(SESSION, sessions.OneSession.as_view(), name="session"),
    path(f"{SESSION}readings/", entries.VitalReadings.as_view(), name="readings"),
    path(f"{SESSION}dose-events/", entries.DoseEvents.as_view(), name="dose_events"),
    path(f"{SESSION}effects/", entries.SideEffects.as_view(), name="effects"),
    path(f"{SESSION}none-observed/", entries.NoneObservedRows.as_view(), name="none_observed"),
    path(f"{SESSION}medications/", given.Medications.as_view(), name="medications"),
    path(f"{SESSION}ratings/", given.Ratings.as_view(), name="ratings"),
    path(
        "medications/<uuid:medication_id>/corrections/",
        given.MedicationCorrections.as_view(),
        name="medication_corrections",
    ),
    path(
        "dose-events/<uuid:event_id>/corrections/",
        given.DoseCorrections.as_view(),
        name="dose_corrections",
    ),
    path(f"{SESSION}strikes/", entries.Strikes.as_view(), name="strikes"),
    path(f"{SESSION}discharge-checks/", sessions.DischargeChecks.as_view(), name="discharge"),
    path(f"{SESSION}sign-offs/", sessions.SignOffs.as_view(), name="sign_offs"),
    path(f"{SESSION}amendments/", sessions.Amendments.as_view(), name="amendments"),
    path(
        "readings/<uuid:reading_id>/corrections/",
        entries.ReadingCorrections.as_view(),
        name="corrections",
    ),
    path("effects/<uuid:effect_id>/changes/", entries.EffectChanges.as_view(), name="changes"),
    path("effects/<uuid:effect_id>/time/", timing.EffectTime.as_view(), name="effect_time"),
    path("effect-changes/<uuid:change_id>/time/", timing.ChangeTime.as_view(), name="change_time"),
    path("sign-offs/<uuid:sign_off_id>/void/", sessions.Void.as_view(), name="void"),
    path("devices/", devices.Devices.as_view(), name="devices"),
    path("devices/<uuid:device_id>/retire/", devices.DeviceRetire.as_view(), name="device_retire"),
    path("check-in-requests/", checkins.CheckInRequests.as_view(), name="check_in_requests"),
    path("protocols/<str:route>/", protocols.ProtocolInForce.as_view(), name="protocol"),
    path("protocol-versions/", protocols.ProtocolVersions.as_view(), name="protocol_versions"),
    path(
        "protocol-versions/<uuid:protocol_id>/",
        protocols.OneProtocolVersion.as_view(),
        name="protocol_version",
    ),
    path("alert-limits/", protocols.AlertLimitsInForce.as_view(), name="alert_limits"),
    path(
        "alert-limit-versions/",
        protocols.AlertLimitVersions.as_view(),
        name="alert_limit_versions",
    ),
    path(
        "alert-limit-versions/<uuid:limits_id>/",
        protocols.OneAlertLimitVersion.as_view(),
        name="alert_limit_version",
    ),
    path("alerts/", alerts.Alerts.as_view(), name="alerts"),
    path(ALERT, alerts.OneAlert.as_view(), name="alert"),
    path(f"{ALERT}take/", alerts.AlertTake.as_view(), name="alert_take"),
    path(f"{ALERT}hand-over/", alerts.AlertHandOver.as_view(), name="alert_hand_over"),
    path(f"{ALERT}see/", alerts.AlertSee.as_view(), name="alert_see"),
    path(f"{ALERT}calls/", alerts.AlertCalls.as_view(), name="alert_calls"),
    path(f"{ALERT}close/", alerts.AlertClose.as_view(), name="alert_close"),
]
