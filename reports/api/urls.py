from django.urls import path

from reports.api import episodes, outcomes, safety

app_name = "reports_api"
urlpatterns = [
    path("outcomes/", outcomes.OutcomesView.as_view(), name="outcomes"),
    path("safety/", safety.SafetyView.as_view(), name="safety"),
    path("outcomes/rows/", outcomes.OutcomeRows.as_view(), name="outcome_rows"),
    path(
        "patients/<uuid:patient_id>/episodes/", episodes.PatientEpisodes.as_view(), name="episodes"
    ),
]
