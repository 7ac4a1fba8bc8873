"""What the pages of every versioned setting share: a version told, a stale form, the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from sessions_app.forms.protocols import ReasonForm
from sessions_app.models import AlertLimitVersion, EscalationVersion, ProtocolVersion
from sessions_app.rules.guard_rails import Change
from sessions_app.views.attempt import Attempt, attempt
from sessions_app.views.gate import StaffRequest
from sessions_app.words.setting_words import change_words

Version = ProtocolVersion | AlertLimitVersion | EscalationVersion
Row = TypeVar("Row", bound=Version)
Held = TypeVar("Held")


@dataclass(frozen=True)
class Told:
    """One version with what it changed, in words."""

    row: Version
    changes: list[str]


def told_changes(changes: Sequence[Change]) -> list[str]:
    return [change_words(change) for change in changes]


def told_versions(
    rows: Iterable[Row],
    shipped: Held,
    held_by: Callable[[Row], Held],
    changes: Callable[[Held, Held], Sequence[Change]],
) -> list[Told]:
    """Each version, the newest first, with what it changed of the one before.

    `rows` come in the order of their numbers; the first one is compared with what ships.
    """
    before, told = shipped, []
    for row in rows:
        after = held_by(row)
        told.append(Told(row, told_changes(changes(before, after))))
        before = after
    return told[::-1]


def reset_page(
    request: StaffRequest,
    version: str,
    deed: Callable[..., Version],
    done: Callable[[Attempt], HttpResponse],
    context: dict[str, Any],
) -> HttpResponse:
    """Ask for a reason, then do `deed`, which goes back to what ships, and answer with `done`.

    `version` is the one that holds now; `context` has the title and the changes of the page.
    """
    form = ReasonForm(request.POST or None, initial={"version": version})
    status = 200
    if request.method == "POST":
        tried = attempt(form, lambda: deed(by=request.user, **form.stamp()))
        if tried.is_done:
            return done(tried)
        is_stale(request, form, tried, version)
        status = tried.status
    context = {**context, "form": form}
    return render(request, "clinic/protocol_reset.html", context, status=status)


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
