"""What the pages of every versioned setting share: a version told, a stale form, the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from sessions_app.forms.protocols import ReasonForm
from sessions_app.guard_rails import Change
from sessions_app.models import AlertLimitVersion, EscalationVersion, ProtocolVersion
from sessions_app.setting_words import change_words
from sessions_app.views.attempt import Attempt
from sessions_app.views.gate import StaffRequest


@dataclass(frozen=True)
class Told:
    """One version with what it changed, in words."""

    row: ProtocolVersion | AlertLimitVersion | EscalationVersion
    changes: list[str]


def told_changes(changes: Sequence[Change]) -> list[str]:
    return [change_words(change) for change in changes]


def saved(request: StaffRequest, words: str, number: int, page: str, *args: str) -> HttpResponse:
    """To the history, with `words` about the version that was just made."""
    messages.success(request, words % {"number": number})
    return redirect(page, *args)


def is_stale(request: StaffRequest, form: ReasonForm, tried: Attempt, version: str) -> bool:
    """Whether somebody saved meanwhile. Saved again it is meant: the form knows the new version."""
    if "changed_meanwhile" not in tried.codes:
        return False
    form.data = {**request.POST.dict(), "version": version}
    return True
