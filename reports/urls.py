from django.urls import path

from reports.views import outcome_files, outcomes, patients, research, safety, timeline

app_name = "review"
urlpatterns = [
    path("patients/", patients.patients, name="patients"),
    path("patients/<uuid:patient_id>/", timeline.patient_timeline, name="timeline"),
    path("patients/<uuid:patient_id>/table/", timeline.timeline_table, name="timeline_table"),
    path("patients/<uuid:patient_id>/sessions/<int:number>/", timeline.session, name="session"),
    path("patients/<uuid:patient_id>/letter/", timeline.letter_page, name="letter_page"),
    path("patients/<uuid:patient_id>/letter.pdf", timeline.letter_file, name="letter"),
    path("patients/<uuid:patient_id>/evidence.pdf", timeline.evidence_file, name="evidence"),
    path("s/<uuid:session_id>/record.pdf", timeline.session_record_file, name="session_pdf"),
    path("safety/", safety.safety_overview, name="safety"),
    path("safety.csv", safety.safety_file, name="safety_csv"),
    path("outcomes/", outcomes.outcomes_page, name="outcomes"),
    path("outcomes.csv", outcome_files.outcomes_csv_file, name="outcomes_csv"),
    path("outcomes.pdf", outcome_files.outcomes_pdf_file, name="outcomes_pdf"),
    path("outcomes.zip", outcome_files.outcome_rows, name="outcomes_zip"),
    path("outcomes/<slug:curve>.<slug:form>", outcome_files.chart, name="chart"),
    path("research/", research.research_page, name="research"),
]
