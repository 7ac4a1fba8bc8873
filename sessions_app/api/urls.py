from django.urls import path

from sessions_app.api import views

app_name = "api"
urlpatterns = [
    path(
        "sessions/<uuid:session_id>/readings/", views.VitalReadings.as_view(), name="readings"
    ),
]
