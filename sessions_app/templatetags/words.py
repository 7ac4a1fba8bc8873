"""How Afterglow writes doses, drugs, numbers and times: one filter each, used by every page.

No value is ever written as zero because it is missing: what is missing is an en dash. A dose and
its unit are joined by a non-breaking space, without trailing zeros and never without the leading
zero, so that 5.0 mg cannot be read as 50 mg nor .5 mg as 5 mg (ISMP list of error-prone
abbreviations). Times are 24-hour clock times of the clinic; a naive datetime raises ValueError.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template.defaultfilters import stringfilter
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions_app import clock as clinic_clock
from sessions_app.models.people import BIRTH_DATE_UNKNOWN
from sessions_app.words.audit_words import tag_words

register = template.Library()
register.filter("tag_words", tag_words)

MISSING = "–"
NBSP = "\u00a0"
Zone = ZoneInfo | str | None

DRUG_DISPLAY = {
    # The capitals are the tall-man part: ketAMINE looks like ketorolac, ESketamine is dosed on
    # another scale than ketamine. The database keeps the plain code.
    "ketamine": gettext_lazy("ketAMINE"),
    "esketamine": gettext_lazy("ESketamine"),
}
DAY_IN_HOURS = 24
HOUR_IN_MINUTES = 60


def _decimal(value: object) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _written(number: Decimal) -> str:
    places = max(0, -int(number.normalize().as_tuple().exponent))
    return number_format(number, decimal_pos=places, use_l10n=True, force_grouping=True)


def _quantity(value: object, unit: str) -> str:
    number = _decimal(value)
    if number is None:
        return MISSING
    return f"{_written(number)}{NBSP}{unit}" if unit else _written(number)


@register.filter
def dose(value: object, unit: str = "mg") -> str:
    """A quantity with its unit: 1000 → "1,000 mg"."""
    return _quantity(value, unit)


@register.filter
def number(value: object, unit: str = "") -> str:
    """A measured number, with a unit when one is given: 98 → "98", or "98 %"."""
    return _quantity(value, unit)


@register.filter
def mg(value: object) -> str:
    return _quantity(value, "mg")


@register.filter
def mg_per_kg(value: object) -> str:
    return _quantity(value, "mg/kg")


@register.filter
def kg(value: object) -> str:
    """A weight in kg, rounded half up to one decimal: 72.45 → "72.5 kg"."""
    weight = _decimal(value)
    if weight is None:
        return MISSING
    return _quantity(weight.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP), "kg")


@register.filter
def ml(value: object) -> str:
    return _quantity(value, "mL")


@register.filter
def ml_per_hour(value: object) -> str:
    # Translators: a pump rate. mL is never abbreviated further.
    return _quantity(value, _("mL/hour"))


@register.filter
@stringfilter
def drug_plain(code: str) -> str:
    """The drug in plain lower case, as patients read it and screen readers say it."""
    return str(DRUG_DISPLAY.get(code, code)).lower() or MISSING


@register.filter
@stringfilter
def drug_name(code: str) -> SafeString | str:
    """The drug in tall-man letters with bold capitals; read aloud, it is the plain name."""
    display = str(DRUG_DISPLAY.get(code, ""))
    if not display:
        return code or MISSING
    tall = re.split(r"([A-Z]{2,})", display)
    shown = format_html_join("", "{}", ((_bold(part),) for part in tall))
    return format_html(
        '<span class="drug"><span class="vh">{}</span><span aria-hidden="true">{}</span></span>',
        display.lower(),
        shown,
    )


def _bold(part: str) -> SafeString | str:
    return format_html("<b>{}</b>", part) if part.isupper() else part


def _local(at: datetime, zone: Zone) -> datetime:
    return clinic_clock.local(at, zone or timezone.get_current_timezone_name())


@register.filter
def clock(at: datetime | None, zone: Zone = None) -> str:
    """The clock time on the wall of the clinic: "11:42"."""
    return date_format(_local(at, zone), "H:i") if at else MISSING


@register.filter
def day(at: date | datetime | None, zone: Zone = None) -> str:
    """The day with its month in letters: "20 Nov 2026". An instant is read in the zone."""
    if not at:
        return MISSING
    return date_format(_local(at, zone) if isinstance(at, datetime) else at, "j M Y")


@register.filter
def daytime(at: datetime | None, zone: Zone = None) -> str:
    """Day and clock time: "20 Nov 2026, 11:42"."""
    return f"{day(at, zone)}, {clock(at, zone)}" if at else MISSING


@register.filter
def birth_day(born: date | None) -> str:
    """A birth date in a column that says so: "14 Mar 1979", or "not known"."""
    return _("not known") if born in (None, BIRTH_DATE_UNKNOWN) else day(born)


@register.filter
def born(on: date | None) -> str:
    """A birth date in a line: "born 14 Mar 1979"; "birth date not known" until it is entered."""
    if on in (None, BIRTH_DATE_UNKNOWN):
        return _("birth date not known")
    return _("born %(day)s") % {"day": day(on)}


def _minutes_words(minutes: int) -> str:
    if minutes < HOUR_IN_MINUTES:
        return _("%(count)s min") % {"count": minutes}
    hours, rest = divmod(minutes, HOUR_IN_MINUTES)
    if hours >= DAY_IN_HOURS:
        return _("%(count)s d") % {"count": hours // DAY_IN_HOURS}
    words = _("%(count)s h") % {"count": hours}
    return f"{words} {_('%(count)s min') % {'count': rest}}" if rest else words


def _time_element(at: datetime, zone: Zone, words: str) -> SafeString:
    stamp = _local(at, zone).isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{}</time>', stamp, words.replace(" ", NBSP))


@register.filter
def age(at: datetime | None, zone: Zone = None) -> SafeString | str:
    """How long ago, alone, for a list where the clock time stands elsewhere: "8 min"."""
    if not at:
        return MISSING
    minutes = int(clinic_clock.elapsed_min(at, timezone.now()))
    return _time_element(at, zone, _minutes_words(max(0, minutes)))


@register.filter
def ago(at: datetime | None, zone: Zone = None) -> SafeString | str:
    """How long ago with the clock time, because a page may stay open: "8 min ago, 11:42".

    After midnight at the clinic the day is written as well; a future instant says "in 8 min".
    """
    if not at:
        return MISSING
    now = timezone.now()
    minutes = clinic_clock.elapsed_min(at, now)
    if abs(minutes) < 1:
        words = _("just now")
    elif minutes < 0:
        words = _("in %(time)s") % {"time": _minutes_words(int(-minutes))}
    else:
        words = _("%(time)s ago") % {"time": _minutes_words(int(minutes))}
    same_day = _local(at, zone).date() == _local(now, zone).date()
    when = clock(at, zone) if same_day else daytime(at, zone)
    stamp = _local(at, zone).isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{}, {}</time>', stamp, words.replace(" ", NBSP), when)


@register.filter
def elapsed(minutes: object) -> str:
    """Whole minutes passed as hours and minutes: 52 → "0:52"; before the start: "−0:12"."""
    passed = _decimal(minutes)
    if passed is None:
        return MISSING
    whole = int(abs(passed))
    sign = "−" if passed < 0 and whole else ""
    return f"{sign}{whole // HOUR_IN_MINUTES}:{whole % HOUR_IN_MINUTES:02d}"


@register.filter
def bp(systolic: Any, diastolic: Any = ...) -> str:
    """Blood pressure in mmHg, "132/84"; one half missing is "132/–", both are "–".

    Takes two numbers, or one row with `systolic` and `diastolic`.
    """
    if diastolic is ...:
        diastolic = getattr(systolic, "diastolic", None)
        systolic = getattr(systolic, "systolic", None)
    pair = [number(systolic), number(diastolic)]
    return MISSING if pair == [MISSING, MISSING] else "/".join(pair)


@register.filter
@stringfilter
def initials(given: str, family: str = "") -> str:
    """Initials for a screen that others can see: Quentin Vale → "Q.V."."""
    letters = [name.strip()[0].upper() for name in (given, str(family)) if name.strip()]
    return "".join(f"{letter}." for letter in letters) or MISSING


@register.simple_tag(takes_context=True)
def clock_now(context: template.Context) -> SafeString:
    """The clinic's clock time now, in its element. Reads `clinic_zone`, or the user's clinic."""
    now = timezone.now()
    zone = context.get("clinic_zone") or _zone_of_user(context)
    return _time_element(now, zone, clock(now, zone))


@register.simple_tag
def epoch_ms() -> int:
    """The server's time now in milliseconds since 1970, for the scripts' own clock."""
    return int(timezone.now().timestamp() * 1000)


@register.simple_tag
def utc_offsets() -> str:
    """How far the clinic's clock is ahead of UTC around now, for the scripts' own clock: JSON pairs
    of the millisecond since 1970 from which it holds, and minutes.
    """
    return json.dumps(offset_pairs())


def offset_pairs() -> list[tuple[int, int]]:
    """The same as numbers; what holds for all before begins at 0."""
    zone = timezone.get_current_timezone_name()
    pairs = clinic_clock.offsets_around(timezone.now(), zone)
    return [(0 if at is None else round(at.timestamp() * 1000), ahead) for at, ahead in pairs]


def _zone_of_user(context: template.Context) -> str | None:
    user = getattr(context.get("request"), "user", None)
    return getattr(getattr(user, "clinic", None), "time_zone", None)
