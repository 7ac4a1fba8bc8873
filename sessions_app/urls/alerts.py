from django.urls import path

from sessions_app.views import alerts

app_name = "alerts"
urlpatterns = [
    path("alerts/", alerts.alert_list, name="list"),
    path("alerts/live/", alerts.live, name="live"),
    path("alerts/<uuid:alert_id>/", alerts.alert_page, name="one"),
    path("alerts/<uuid:alert_id>/take/", alerts.take, name="take"),
    path("alerts/<uuid:alert_id>/hand-over/", alerts.hand_over, name="handover"),
    path("alerts/<uuid:alert_id>/call/", alerts.call, name="call"),
    path("alerts/<uuid:alert_id>/close/", alerts.close, name="close"),
]
