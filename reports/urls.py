from django.urls import path

from reports import safety_views, timeline_views, views
from reports.exports import views as exports

app_name = "review"
urlpatterns = [
    path("patients/", views.patients, name="patients"),
    path("patients/<uuid:patient_id>/", timeline_views.patient_timeline, name="timeline"),
    path("patients/<uuid:patient_id>/table/", timeline_views.timeline_table, name="timeline_table"),
    path(
        "patients/<uuid:patient_id>/sessions/<int:number>/", timeline_views.session, name="session"
    ),
    path("patients/<uuid:patient_id>/letter.pdf", timeline_views.letter_file, name="letter"),
    path("patients/<uuid:patient_id>/evidence.pdf", timeline_views.evidence_file, name="evidence"),
    path("s/<uuid:session_id>/record.pdf", views.session_record_file, name="session_pdf"),
    path("safety/", safety_views.safety_overview, name="safety"),
    path("safety.csv", safety_views.safety_file, name="safety_csv"),
    path("outcomes/", views.outcomes_page, name="outcomes"),
    path("outcomes.csv", views.outcomes_file, name="outcomes_csv"),
    path("outcomes.pdf", exports.outcomes_pdf_file, name="outcomes_pdf"),
    path("outcomes.zip", exports.outcome_rows, name="outcomes_zip"),
    path("outcomes/<slug:curve>.<slug:form>", exports.chart, name="chart"),
    path("research/", exports.research_page, name="research"),
]
