"""The pages that somebody can open, by who opens them: what the walk of test_every_page sees."""

from __future__ import annotations

from typing import NamedTuple

# What answers a GET with something else than a page of its own.
NO_PAGES = {
    "alerts:live",
    "care:alarms",
    "lock",
    "lock_chairs",
    "lock_panel",
    "care:chairs_fragment",
    "care:session_live",
    "care:discharge_live",
    "review:session_pdf",
    "review:evidence",
    "review:letter",
    "review:outcomes_csv",
    "review:outcomes_pdf",
    "review:outcomes_zip",
    "review:chart",
    "review:safety_csv",
    "schema",
    "care:worker",
    "care:offline_snapshot",
}


class Sight(NamedTuple):
    """One page as one person sees it. `objects` names what stands in its address."""

    name: str
    objects: tuple[str, ...] = ()
    query: str = ""


NURSE = [
    Sight("care:chairs"),
    Sight("care:chairs_watch"),
    Sight("care:session_start", ("free_chair",)),
    Sight("care:session_start", ("free_chair",), "?patient={waiting}"),
    Sight("care:session", ("running",)),
    Sight("care:session", ("signed",)),
    Sight("care:reading_correct", ("running", "reading")),
    Sight("care:dose_correct", ("running", "dose")),
    Sight("care:medication_correct", ("running", "medication")),
    Sight("care:entry_strike", ("running", "kind", "reading")),
    Sight("care:session", ("running",), "?correct={reading}"),
    Sight("care:effect_time", ("running", "effect")),
    Sight("care:change_time", ("running", "change")),
    Sight("care:session_table", ("running",)),
    Sight("care:session_print", ("signed",)),
    Sight("care:discharge", ("running",)),
    Sight("care:discharge", ("signed",)),
    Sight("care:end", ("running", "end")),
    Sight("care:leaflet", ("signed",)),
    Sight("care:void", ("signed",)),
    Sight("care:amend", ("signed",)),
    Sight("care:outbox"),
    Sight("care:today"),
    Sight("care:checkin_links"),
    Sight("care:checkin_paper", ("request",)),
    Sight("care:checkin_end", ("request",)),
    Sight("care:checkin_call", ("request",)),
    Sight("account"),
]
PHYSICIAN = [
    Sight("alerts:list"),
    Sight("alerts:one", ("alert",)),
    Sight("review:patients"),
    Sight("review:timeline", ("patient",)),
    Sight("review:timeline_table", ("patient",)),
    Sight("review:letter_page", ("patient",)),
    Sight("review:outcomes"),
    Sight("review:safety"),
    Sight("review:safety", (), "?route=oral"),
    Sight("review:outcomes", (), "?route=oral"),
    Sight("clinic:patient_add"),
    Sight("clinic:patient_edit", ("patient",)),
    Sight("clinic:plan", ("patient",)),
    Sight("clinic:watch", ("patient",)),
    Sight("clinic:scores", ("patient",)),
    Sight("clinic:score_add", ("patient", "instrument")),
    Sight("clinic:score_correct", ("score",)),
    Sight("clinic:score_withdraw", ("score",)),
    Sight("clinic:watch_check", ("patient", "item")),
    Sight("clinic:watch_strike", ("look",)),
    Sight("clinic:course_add", ("patient",)),
    Sight("clinic:course_edit", ("course",)),
    Sight("clinic:eligibility", ("course",)),
    Sight("clinic:prescribe", ("course",)),
    Sight("clinic:appointment_add"),
    Sight("clinic:appointment_edit", ("appointment",)),
    Sight("clinic:appointment_cancel", ("appointment",)),
]
LEAD = [
    Sight("clinic:home"),
    Sight("clinic:details"),
    Sight("clinic:staff"),
    Sight("clinic:staff_add"),
    Sight("clinic:staff_edit", ("colleague",)),
    Sight("clinic:staff_leave", ("colleague",)),
    Sight("clinic:chairs"),
    Sight("clinic:devices"),
    Sight("clinic:chair_edit", ("free_chair",)),
    Sight("clinic:help_lines"),
    Sight("clinic:help_line_add"),
    Sight("clinic:help_line_edit", ("line",)),
    Sight("clinic:help_line_retire", ("line",)),
    Sight("clinic:protocols"),
    Sight("clinic:protocol", ("route",)),
    Sight("clinic:protocol_history", ("route",)),
    Sight("clinic:protocol_reset", ("route",)),
    Sight("clinic:alert_limits"),
    Sight("clinic:alert_limits_history"),
    Sight("clinic:alert_limits_reset"),
    Sight("clinic:instruments"),
    Sight("clinic:instrument", ("instrument",)),
    Sight("clinic:instrument_retire", ("instrument",)),
    Sight("clinic:rota"),
    Sight("clinic:shift_cancel", ("shift",)),
    Sight("clinic:escalation"),
    Sight("clinic:escalation_history"),
    Sight("clinic:escalation_reset"),
    Sight("clinic:audit"),
]
RESEARCHER = [Sight("review:research")]
ANYBODY = [Sight("login"), Sight("me:help"), Sight("me:code"), Sight("care:pad")]
# Pages that open by something else than their address alone; the walk below opens them.
WALKED = {"me:stop", "me:stop_open", "me:open", "me:question", "me:done"}
