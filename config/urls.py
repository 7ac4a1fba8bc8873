"""Every address of Afterglow. The walk in tests/promises/test_authorisation.py leaves none out."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("", include("sessions_app.urls.account")),
    path("", include("sessions_app.urls.care")),
    path("", include("sessions_app.urls.me")),
    path("", include("sessions_app.urls.alerts")),
    path("", include("sessions_app.urls.clinic")),
    path("", include("reports.urls")),
    path("api/v1/", include("sessions_app.api.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
]
