"""What a clinic may set of the steps of an alert, and what not. No Django, no database.

The ranges are design: a step can come sooner or later, but none can be left out, so that a cry
for help always reaches somebody in the end.
"""

from __future__ import annotations

from sessions_app.rules.escalation import Escalation
from sessions_app.rules.guard_rails import Change, Fault, Setting
from sessions_app.rules.protocols import DESIGN

MINUTES: dict[str, Setting] = {
    "repeat_min": Setting(1, 30, "min", DESIGN),
    "on_call_min": Setting(2, 60, "min", DESIGN),
    "lead_min": Setting(5, 120, "min", DESIGN),
    "quiet_after_taken_min": Setting(5, 60, "min", DESIGN),
    "rearm_no_answer_min": Setting(5, 60, "min", DESIGN),
    "medium_lead_min": Setting(30, 480, "min", DESIGN),
}
IN_ORDER = ("repeat_min", "on_call_min", "lead_min")


def escalation_faults(wanted: Escalation) -> list[Fault]:
    """Everything that keeps these minutes from being used; an empty list means: save them."""
    faults = []
    for name, setting in MINUTES.items():
        value: int | None = getattr(wanted, name)
        if value is None:
            faults.append(Fault(name, "required"))
        elif not setting.low <= value <= setting.high:
            faults.append(Fault(name, "outside_guard_rail", str(setting), value))
    if faults:
        return faults
    for earlier, later in zip(IN_ORDER, IN_ORDER[1:], strict=False):
        first, second = getattr(wanted, earlier), getattr(wanted, later)
        if second <= first:
            faults.append(Fault(later, "steps_not_in_order", str(first), second))
    return faults


def escalation_changes(before: Escalation, after: Escalation) -> list[Change]:
    """Which minutes differ, in the order of the page."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in MINUTES)
    return [Change(name, old, new) for name, old, new in pairs if old != new]
