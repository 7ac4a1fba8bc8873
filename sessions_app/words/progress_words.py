"""What the page of one's own progress says: whole sentences, self only, no percent, no praise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sessions_app.checkins.progress import MyProgress
from sessions_app.templatetags.words import clock, day, number

MONTH, MONTH_AND_YEAR = "F", "F Y"
YEAR_IS_NAMED_AFTER = timedelta(days=330)


@dataclass(frozen=True)
class ProgressWords:
    """The sentences of one page; each is in the language that is active when it is read."""

    mine: MyProgress

    @property
    def title(self) -> str:
        first = self.mine.first_day
        if first is None:
            return _("Your mood")
        is_old = self.mine.today - first > YEAR_IS_NAMED_AFTER
        month = date_format(first, MONTH_AND_YEAR if is_old else MONTH)
        return _("Your mood since %(month)s") % {"month": month}

    @property
    def compared(self) -> SafeString:
        """The first week and this week, or what of it there is."""
        first, now = _bold(self.mine.first_week), _bold(self.mine.this_week)
        if self.mine.is_first_week:
            return format_html(_("So far your mood was usually {now}."), now=now)
        if self.mine.this_week is None:
            words = _(
                "In your first week your mood was usually {first}. "
                "You have not answered in the last seven days."
            )
            return format_html(words, first=first)
        words = _(
            "In your first week your mood was usually {first}. This week it was usually {now}."
        )
        return format_html(words, first=first, now=now)

    @property
    def common(self) -> str:
        if self.mine.is_lower:
            return _("This week was lower than last week. That can happen.")
        return _("Ups and downs between treatments are common.")

    @property
    def too_few(self) -> str:
        done = {
            0: _("You have not done one yet."),
            1: _("You have done one."),
            2: _("You have done two."),
        }[len(self.mine.answered)]
        return f"{_('Your chart starts after three check-ins.')} {done}"

    @property
    def next_head(self) -> str:
        """When the next check-in is; "" when none is planned."""
        asked = self.mine.next_one
        if asked is None:
            return ""
        if asked.opens_at <= timezone.now():
            return _("A check-in is open now.")
        on = timezone.localdate(self.mine.reminder_at or asked.due_at)
        if on == self.mine.today:
            return _("Next check-in: today")
        if on == self.mine.today + timedelta(days=1):
            return _("Next check-in: tomorrow")
        return _("Next check-in: %(day)s") % {"day": f"{date_format(on, 'l')}, {day(on)}"}

    @property
    def next_hint(self) -> str:
        """What will happen about it, and only that."""
        asked, reminder = self.mine.next_one, self.mine.reminder_at
        if asked is None:
            return ""
        if asked.opens_at <= timezone.now():
            until = {"day": day(asked.closes_at), "at": clock(asked.closes_at)}
            return _("You can answer it until %(day)s, %(at)s.") % until
        if reminder is None:
            return self._opening(asked.opens_at, timezone.localdate(asked.due_at))
        if asked.patient.reminder_channel == "sms":
            return _("We will text you about %(at)s.") % {"at": clock(reminder)}
        return _("We will e-mail you about %(at)s.") % {"at": clock(reminder)}

    def _opening(self, at: datetime, told: date) -> str:
        """From when it can be answered; the day too, unless the line above names it: `told`."""
        if timezone.localdate(at) == told:
            return _("You can answer it from %(at)s on.") % {"at": clock(at)}
        return _("You can answer it from %(day)s, %(at)s on.") % {"day": day(at), "at": clock(at)}

    @property
    def latest(self) -> list[tuple[str, str]]:
        """(when, what) of the last check-ins, newest first."""
        return [(self.when(one.at), self._what(one.mood, one.pain)) for one in self.mine.latest]

    @property
    def table(self) -> list[tuple[str, str]]:
        """(when, mood) of every dot of the chart, newest first."""
        return [(self.when(one.at), number(one.mood)) for one in reversed(self.mine.answered)]

    def when(self, at: datetime) -> str:
        return f"{_short_day(at.date(), self.mine.today)}, {clock(at)}"

    def _what(self, mood: object, pain: object) -> str:
        if pain is None:
            return _("mood %(mood)s") % {"mood": number(mood)}
        words = _("mood %(mood)s · pain %(pain)s")
        return words % {"mood": number(mood), "pain": number(pain)}


def _bold(value: object) -> SafeString:
    return format_html("<b>{}</b>", number(value))


def _short_day(on: date, today: date) -> str:
    if on == today:
        return _("Today")
    if on == today - timedelta(days=1):
        return _("Yesterday")
    return date_format(on, "D j M" if on.year == today.year else "j M Y")
