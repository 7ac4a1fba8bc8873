"""The whole record of one session in words: what the page to print and its PDF both show.

Every value with its time and person, every strike, override, amendment and signature; nothing is
left out because it was corrected or taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.chairside.discharge_sheet import Summary, summary
from sessions_app.chairside.dose_given import dose_given_mg, rate_events, standing_events
from sessions_app.chairside.session_entries import EntryRow, entry_rows
from sessions_app.chairside.session_state import standing_sign_off
from sessions_app.models import Alert, SessionCheck, SignOff, TreatmentSession
from sessions_app.rules import dosing
from sessions_app.templatetags.care_words import entry_words, whole
from sessions_app.templatetags.words import (
    birth_day,
    bp,
    clock,
    day,
    daytime,
    drug_plain,
    kg,
    mg,
    mg_per_kg,
    number,
)
from sessions_app.words.alert_words import alert_title
from sessions_app.words.end_words import OVERRIDE_WORDS, reason_words
from sessions_app.words.field_words import FIELDS


@dataclass(frozen=True)
class Cell:
    """One cell; `is_struck` draws a line through it, `is_strong` makes it stand out."""

    text: str
    is_struck: bool = False
    is_strong: bool = False


@dataclass(frozen=True)
class Section:
    """A heading with lines of text, a table, or both. `empty` is said when there is neither."""

    title: str
    heads: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    lines: list[Cell] = field(default_factory=list)
    empty: str = ""


@dataclass(frozen=True)
class Record:
    """The record: whose it is, how it was made, and its sections in the order of the paper."""

    title: str
    facts: list[tuple[str, str]]
    made: str
    sections: list[Section]


def session_record(session: TreatmentSession, now: datetime) -> Record:
    """The record of `session` as it stands at `now`, in the reader's language and zone."""
    versions = {
        "limits": session.limits_version,
        "protocol": session.protocol_version,
        "now": daytime(now),
    }
    signed = standing_sign_off(session)
    until = signed.signed_at if signed else now
    figures = summary(session, until)
    return Record(
        title=_("Session record"),
        facts=_facts(session, until),
        made=_("Limits %(limits)s, protocol %(protocol)s. Printed %(now)s.") % versions,
        sections=[
            _checks(session, "start", _("Before the dose")),
            _entries(session),
            _alerts(session),
            _checks(session, "discharge", _("Before leaving")),
            Section(_("Summary"), lines=[Cell(line) for line in _figures(figures)]),
            _signatures(session),
            _amendments(session),
        ],
    )


def _given(session: TreatmentSession, until: datetime) -> tuple[str, str]:
    """What was given by then. A pump that runs has given more than its last event says."""
    events = standing_events(session)
    if dosing.infusion_state(rate_events(session, events)) != "running":
        return _("Dose given"), mg(dose_given_mg(session, events))
    so_far = dose_given_mg(session, events, until) or Decimal(0)
    return _("Dose given so far"), mg(so_far.quantize(Decimal("0.1")))


def _facts(session: TreatmentSession, until: datetime) -> list[tuple[str, str]]:
    patient, order = session.patient, session.prescription
    facts = [
        (_("Patient"), patient.full_name),
        (_("Number"), patient.number),
        (_("Born"), birth_day(patient.birth_date)),
        (_("Allergies"), patient.allergies or _("not asked")),
        (_("Clinic"), session.clinic.name),
        (_("Chair"), session.chair.name if session.chair else "–"),
        (_("Drug and route"), f"{drug_plain(session.drug)} {session.get_route_display()}"),
    ]
    if session.is_imported:
        ended = daytime(session.documented_end_at)
        return [
            *facts,
            (_("Dose documented elsewhere"), mg(session.documented_dose_mg)),
            (_("Dose started"), daytime(session.dose_started_at)),
            (_("Ended"), ended),
        ]
    if order is not None:
        said = {"who": order.prescribed_by.full_name, "at": daytime(order.prescribed_at)}
        facts.append((_("Prescribed"), _("%(who)s, %(at)s") % said))
        if order.mg_per_kg is not None:
            facts.append((_("Dose in mg/kg"), mg_per_kg(order.mg_per_kg)))
    opened = {"who": session.opened_by.full_name, "at": daytime(session.opened_at)}
    facts += [
        (_("Weight"), kg(session.weight_kg)),
        (_("Dose planned"), mg(session.planned_mg)),
        _given(session, until),
        (_("Opened"), _("%(who)s, %(at)s") % opened),
        (_("Dose started"), daytime(session.dose_started_at)),
    ]
    if session.infusion_minutes:
        facts.append((_("Infusion length"), number(session.infusion_minutes, "min")))
    if session.bag_mg is not None:
        facts.append((_("Bag"), f"{mg(session.bag_mg)}, {number(session.bag_volume_ml, 'mL')}"))
    if session.second_person:
        facts.append((_("Dose checked by"), session.second_person.full_name))
    return facts


def _entries(session: TreatmentSession) -> Section:
    heads = [_("Taken"), _("min"), _("What"), _("Entry"), _("Received"), _("Who"), _("Remarks")]
    rows = [_entry(row) for row in entry_rows(session)]
    return Section(_("Entries"), heads, rows, empty=_("Nothing was entered."))


def _entry(row: EntryRow) -> list[Cell]:
    entry, strike = row.entry, row.strike
    remarks = []
    if row.is_entered_late:
        remarks.append(_("entered late"))
    if entry.is_late_entry:
        remarks.append(_("after the signature"))
    if entry.is_time_corrected:
        remarks.append(_("the time given was in the future: time of receipt"))
    if strike:
        said = {"by": strike.struck_by.full_name, "at": daytime(strike.struck_at)}
        said["reason"] = strike.reason
        remarks.append(_("struck by %(by)s, %(at)s: %(reason)s") % said)
    if row.is_replacement:
        remarks.append(_("replaces a struck entry"))
    return [
        Cell(daytime(entry.taken_at)),
        Cell(whole(row.minute)),
        Cell(str(row.what)),
        Cell(str(entry_words(entry)), is_struck=bool(strike)),
        Cell(daytime(entry.recorded_at)),
        Cell(entry.recorded_by.full_name if entry.recorded_by else "–"),
        Cell(". ".join(str(remark) for remark in remarks)),
    ]


def _checks(session: TreatmentSession, stage: str, title: str) -> Section:
    found = session.checks.filter(stage=stage).select_related("recorded_by", "override_signed_by")
    order = {code: place for place, code in enumerate(FIELDS)}
    rows = [
        [
            Cell(daytime(row.taken_at)),
            Cell(str(FIELDS.get(row.code, row.code))),
            Cell(_("Yes") if row.answer == "yes" else _("No")),
            Cell(row.recorded_by.full_name if row.recorded_by else "–"),
            Cell(overruled_words(row)),
        ]
        for row in sorted(found, key=lambda row: (row.taken_at, order.get(row.code, 0)))
    ]
    heads = [_("Time"), _("Check"), _("Answer"), _("Who"), _("Measured, or why it went on")]
    return Section(title, heads, rows, empty=_("No checks were recorded here."))


def overruled_words(check: SessionCheck) -> str:
    """Why it went on, who decided, who signed for it, and what had been measured; often empty."""
    parts = []
    if check.measured:
        limit = _("limit %(limit)s") % {"limit": _as_read(check.limit)} if check.limit else ""
        parts.append(_as_read(check.measured) + (f" ({limit})" if limit else ""))
    if check.override_reason or check.override_by:
        chosen = OVERRIDE_WORDS.get(check.override_code)
        why = f"{chosen}: {check.override_reason}" if chosen else check.override_reason
        parts.append(f"{check.override_by}: {why}")
    if check.override_signed_by:
        who = {"who": check.override_signed_by.full_name}
        parts.append(_("signed with the PIN of %(who)s") % who)
    return ". ".join(parts)


def _as_read(stored: str) -> str:
    """What decided a check, as people write it: the day of a consent, else as it stands."""
    try:
        return day(date.fromisoformat(stored))
    except ValueError:
        return stored


def _alerts(session: TreatmentSession) -> Section:
    found = Alert.objects.filter(session=session).prefetch_related("events__by", "events__owner")
    rows = [
        [
            Cell(daytime(alert.raised_at)),
            Cell(str(alert.get_level_display())),
            Cell(alert_title(alert)),
            Cell(". ".join(_event(event) for event in alert.events.all())),
        ]
        for alert in found.order_by("raised_at", "id")
    ]
    heads = [_("Raised"), _("Level"), _("Alert"), _("What was done")]
    return Section(_("Alerts"), heads, rows, empty=_("No alert was raised."))


def _event(event: Any) -> str:
    parts = [str(event.get_kind_display())]
    if event.outcome:
        parts.append(str(event.get_outcome_display()))
    if event.note:
        parts.append(event.note)
    by = event.by.full_name if event.by else _("the record")
    return f"{clock(event.at)} {by}: {', '.join(parts)}"


def _figures(seen: Summary) -> list[str]:
    highest = bp(seen.highest.systolic, seen.highest.diastolic) if seen.highest else "–"
    effect = f"{seen.worst_grade}, {seen.worst_effect}" if seen.worst_effect else _("none")
    on_time = {"met": seen.on_time, "due": seen.due}
    return [
        f"{_('Highest BP')}: {highest}",
        f"{_('Lowest SpO₂')}: {number(seen.lowest_spo2, '%')}",
        f"{_('Worst side effect')}: {effect}",
        f"{_('Readings on time')}: {_('%(met)s of %(due)s') % on_time}",
        f"{_('Dose given')}: {mg(seen.given_mg)}",
        f"{_('Other medicines')}: {'; '.join(seen.medications) or _('none')}",
    ]


def _signatures(session: TreatmentSession) -> Section:
    lines = []
    for row in session.sign_offs.select_related("signed_by", "right_patient", "void__voided_by"):
        void = getattr(row, "void", None)
        lines.append(Cell(signature_words(row), is_struck=void is not None))
        if void is not None:
            said = {
                "at": daytime(void.voided_at),
                "by": void.voided_by.full_name,
                "reason": void.reason,
            }
            lines.append(Cell(_("Taken back %(at)s by %(by)s: %(reason)s") % said))
    unsigned = _("Imported, not signed here.") if session.is_imported else _("Not signed yet.")
    return Section(_("Signature"), lines=lines, empty=unsigned)


def signature_words(row: SignOff) -> str:
    """How it ended, who signed with what, and everything that this end asked for."""
    said: dict[str, Any] = {
        "end": row.get_end_display(),
        "at": daytime(row.signed_at),
        "by": row.signed_by.full_name,
    }
    with_what = _("with the PIN") if row.signed_with == "pin" else _("with the password")
    parts = [_("%(end)s. Signed %(at)s by %(by)s") % said + f" {with_what}"]
    if row.escort_name:
        parts.append(_("Handed over to %(escort)s") % {"escort": row.escort_name})
    if row.transferred_to:
        parts.append(_("Taken to %(place)s") % {"place": row.transferred_to})
    parts += [row.handover, reason_words(row)]
    if row.risks_explained is not None:
        parts.append(
            _("The risks of leaving were explained")
            if row.risks_explained
            else _("The risks of leaving were not explained")
        )
    if row.end == "wrong_patient":
        parts.append(
            _("The record belongs to %(number)s") % {"number": row.right_patient.number}
            if row.right_patient
            else _("Nobody knows yet whose record it is")
        )
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def _amendments(session: TreatmentSession) -> Section:
    lines = []
    for row in session.amendments.select_related("amended_by"):
        said = {"at": daytime(row.amended_at), "by": row.amended_by.full_name}
        lines.append(Cell(_("Amendment of %(at)s by %(by)s") % said, is_strong=True))
        lines.append(Cell(row.text))
        lines.append(Cell(f"{_('Why:')} {row.reason}"))
    return Section(_("Amendments"), lines=lines, empty=_("No amendment was added."))
