"""Every address of Afterglow. The walk in tests/promises/test_authorisation.py leaves none out."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from sessions_app.api.door import NoSuchAddress

urlpatterns = [
    path("", include("sessions_app.urls.account")),
    path("", include("sessions_app.urls.care")),
    path("", include("sessions_app.urls.me")),
    path("", include("sessions_app.urls.alerts")),
    path("", include("sessions_app.urls.clinic")),
    path("", include("reports.urls")),
    path("api/v1/", include("sessions_app.api.urls")),
    path("api/v1/", include("reports.api.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    re_path(r"^api/", NoSuchAddress.as_view(), name="api_unknown"),
]
handler400 = "config.api.bad_request"
handler500 = "config.api.server_error"
