from django.urls import path

from sessions_app.views import appointments, session

app_name = "care"
urlpatterns = [
    path("s/<uuid:session_id>/", session.session_page, name="session"),
    path("s/<uuid:session_id>/readings/", session.add_reading, name="reading_add"),
    path("today/", appointments.today, name="today"),
]
