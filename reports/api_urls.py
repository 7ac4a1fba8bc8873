from django.urls import path

from reports import api, safety_api

app_name = "reports_api"
urlpatterns = [
    path("outcomes/", api.OutcomesView.as_view(), name="outcomes"),
    path("safety/", safety_api.SafetyView.as_view(), name="safety"),
    path("outcomes/rows/", api.OutcomeRows.as_view(), name="outcome_rows"),
    path("patients/<uuid:patient_id>/episodes/", api.PatientEpisodes.as_view(), name="episodes"),
]
