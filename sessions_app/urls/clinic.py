from django.urls import path

from sessions_app.views import appointments, clinic, devices, patients, plans, protocols, staff

app_name = "clinic"
urlpatterns = [
    path("clinic/", clinic.home, name="home"),
    path("clinic/details/", clinic.details, name="details"),
    path("clinic/staff/", staff.staff_list, name="staff"),
    path("clinic/staff/new/", staff.staff_add, name="staff_add"),
    path("clinic/staff/<uuid:staff_id>/", staff.staff_edit, name="staff_edit"),
    path("clinic/staff/<uuid:staff_id>/password/", staff.staff_password, name="staff_password"),
    path("clinic/staff/<uuid:staff_id>/pin/", staff.staff_pin, name="staff_pin"),
    path("clinic/staff/<uuid:staff_id>/leave/", staff.staff_leave, name="staff_leave"),
    path("clinic/chairs/", clinic.chairs, name="chairs"),
    path("clinic/chairs/<uuid:chair_id>/", clinic.chair_edit, name="chair_edit"),
    path("clinic/devices/", devices.device_list, name="devices"),
    path("clinic/devices/<uuid:device_id>/retire/", devices.device_retire, name="device_retire"),
    path("clinic/help-lines/", clinic.help_lines, name="help_lines"),
    path("clinic/help-lines/new/", clinic.help_line_add, name="help_line_add"),
    path("clinic/help-lines/<uuid:line_id>/", clinic.help_line_edit, name="help_line_edit"),
    path(
        "clinic/help-lines/<uuid:line_id>/tested/",
        clinic.help_line_tested,
        name="help_line_tested",
    ),
    path(
        "clinic/help-lines/<uuid:line_id>/retire/",
        clinic.help_line_retire,
        name="help_line_retire",
    ),
    path("clinic/protocols/", protocols.protocols, name="protocols"),
    path("clinic/protocols/<str:route>/", protocols.protocol, name="protocol"),
    path(
        "clinic/protocols/<str:route>/history/",
        protocols.protocol_history,
        name="protocol_history",
    ),
    path("clinic/protocols/<str:route>/reset/", protocols.protocol_reset, name="protocol_reset"),
    path("clinic/alert-limits/", protocols.alert_limits, name="alert_limits"),
    path(
        "clinic/alert-limits/history/",
        protocols.alert_limits_history,
        name="alert_limits_history",
    ),
    path("clinic/alert-limits/reset/", protocols.alert_limits_reset, name="alert_limits_reset"),
    path("clinic/audit/", clinic.audit_list, name="audit"),
    path("appointments/new/", appointments.appointment_add, name="appointment_add"),
    path(
        "appointments/<uuid:appointment_id>/",
        appointments.appointment_edit,
        name="appointment_edit",
    ),
    path(
        "appointments/<uuid:appointment_id>/cancel/",
        appointments.appointment_cancel,
        name="appointment_cancel",
    ),
    path("patients/new/", patients.patient_add, name="patient_add"),
    path("patients/<uuid:patient_id>/edit/", patients.patient_edit, name="patient_edit"),
    path("patients/<uuid:patient_id>/plan/", plans.plan, name="plan"),
    path("patients/<uuid:patient_id>/courses/new/", plans.course_add, name="course_add"),
    path("courses/<uuid:course_id>/", plans.course_edit, name="course_edit"),
    path("courses/<uuid:course_id>/eligibility/", plans.eligibility_page, name="eligibility"),
    path("courses/<uuid:course_id>/prescribe/", plans.prescribe_page, name="prescribe"),
]
