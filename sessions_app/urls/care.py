from django.urls import path

from sessions_app.views import (
    appointments,
    chairs,
    corrections,
    discharge,
    given,
    links,
    live,
    offline,
    session,
    signed,
    start,
)

app_name = "care"
urlpatterns = [
    path("worker.js", offline.worker, name="worker"),
    path("pad/", offline.pad, name="pad"),
    path("outbox/", offline.outbox, name="outbox"),
    path("offline/", offline.snapshot, name="offline_snapshot"),
    path("chairs/", chairs.chairs, name="chairs"),
    path("chairs/live/", chairs.chairs_fragment, name="chairs_fragment"),
    path("chairs/watch/", chairs.chairs_watch, name="chairs_watch"),
    path("alarms/", chairs.alarms, name="alarms"),
    path("chairs/<uuid:chair_id>/start/", start.session_start, name="session_start"),
    path("s/<uuid:session_id>/", session.session_page, name="session"),
    path("s/<uuid:session_id>/live/", live.session_live, name="session_live"),
    path("s/<uuid:session_id>/readings/", session.add_reading, name="reading_add"),
    path(
        "s/<uuid:session_id>/readings/<uuid:reading_id>/correct/",
        corrections.reading_correct,
        name="reading_correct",
    ),
    path("s/<uuid:session_id>/dose/", given.add_dose_event, name="dose_event"),
    path(
        "s/<uuid:session_id>/dose/<uuid:event_id>/correct/",
        corrections.dose_correct,
        name="dose_correct",
    ),
    path("s/<uuid:session_id>/medications/", given.add_medication, name="medication_add"),
    path(
        "s/<uuid:session_id>/medications/<uuid:medication_id>/correct/",
        given.medication_correct,
        name="medication_correct",
    ),
    path("s/<uuid:session_id>/ratings/", given.add_rating, name="rating_add"),
    path("s/<uuid:session_id>/effects/", session.add_effect, name="effect_add"),
    path("s/<uuid:session_id>/effects/none/", session.none_observed, name="none_observed"),
    path(
        "s/<uuid:session_id>/effects/<uuid:effect_id>/", session.update_effect, name="effect_update"
    ),
    path(
        "s/<uuid:session_id>/strike/<str:kind>/<uuid:entry_id>/",
        corrections.strike,
        name="entry_strike",
    ),
    path(
        "s/<uuid:session_id>/effects/<uuid:effect_id>/time/",
        corrections.effect_time,
        name="effect_time",
    ),
    path(
        "s/<uuid:session_id>/changes/<uuid:change_id>/time/",
        corrections.change_time,
        name="change_time",
    ),
    path(
        "s/<uuid:session_id>/alerts/<uuid:alert_id>/right/",
        session.confirm_alert,
        name="alert_confirm",
    ),
    path(
        "s/<uuid:session_id>/alerts/<uuid:alert_id>/seen/",
        session.finish_alert,
        name="alert_seen",
    ),
    path(
        "s/<uuid:session_id>/alerts/<uuid:alert_id>/told/",
        session.alert_told,
        name="alert_told",
    ),
    path("s/<uuid:session_id>/table/", corrections.session_table, name="session_table"),
    path("s/<uuid:session_id>/print/", signed.session_print, name="session_print"),
    path("s/<uuid:session_id>/discharge/", discharge.discharge, name="discharge"),
    path("s/<uuid:session_id>/discharge/check/", discharge.check, name="discharge_check"),
    path("s/<uuid:session_id>/discharge/link/", discharge.make_link, name="discharge_link"),
    path("s/<uuid:session_id>/discharge/live/", discharge.discharge_live, name="discharge_live"),
    path("s/<uuid:session_id>/sign/", discharge.sign, name="sign"),
    path("s/<uuid:session_id>/end/<str:code>/", discharge.end, name="end"),
    path("s/<uuid:session_id>/void/", signed.void, name="void"),
    path("s/<uuid:session_id>/amend/", signed.amend, name="amend"),
    path("s/<uuid:session_id>/leaflet/", signed.leaflet, name="leaflet"),
    path("today/", appointments.today, name="today"),
    path("links/", links.links, name="checkin_links"),
    path("links/<uuid:request_id>/paper/", links.paper, name="checkin_paper"),
]
