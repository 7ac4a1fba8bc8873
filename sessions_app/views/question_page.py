"""The page of one question: drawn once for all who see the same, then filled in for each.

A template costs as much as everything else that a patient's page needs, and at nine o'clock
hundreds read the same question. What the page shows is given by value: two pages that differ in
anything, the numbers to call included, are never taken for each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language

from sessions_app.checkins.check_in_questions import Question
from sessions_app.forms.check_ins import QuestionForm
from sessions_app.forms.entry import KeyedForm
from sessions_app.models import CheckInRequest, HelpLine, new_key

TEMPLATE = "me/question.html"
KEPT = 512  # pages of about 10 KB that a process holds at once
# What stands in a drawn page where each gets their own; nobody can have typed it.
TOKEN, KEY, ASKED, UNTIL = (token_hex(16) for _each in range(4))


class Line(NamedTuple):
    """A number to call as the page shows it."""

    kind: str
    label: str
    number: str
    hours: str

    @staticmethod
    def of(line: HelpLine) -> Line:
        return Line(line.kind, line.label, line.number, line.hours)


@dataclass(frozen=True)
class QuestionPage:
    """All that the page shows, except whose it is."""

    path: str
    q: Question
    is_changing: bool
    back_url: str
    later: str
    lines: tuple[Line, ...]
    done_url: str

    @property
    def context(self) -> dict[str, Any]:
        return {**vars(self), "is_answered": self.q.chosen is not None}


def fresh(request: HttpRequest, page: QuestionPage, asked: CheckInRequest) -> HttpResponse:
    """The page as it is asked for, without anything to complain about."""
    own = {TOKEN: get_token(request), KEY: str(new_key()), ASKED: str(asked.pk)}
    text = _drawn(page, get_language())
    for hole, value in {**own, UNTIL: _until(asked)}.items():
        text = text.replace(hole, value)
    return HttpResponse(text)


def refused(
    request: HttpRequest,
    page: QuestionPage,
    asked: CheckInRequest,
    form: QuestionForm,
    status: int,
    errors: list[dict[str, str]],
) -> HttpResponse:
    """The page with what was answered and why it was not taken."""
    own = {"form": form, "asked_key": asked.pk, "until": _until(asked), "errors": errors}
    return render(request, TEMPLATE, page.context | own, status=status)


@lru_cache(maxsize=KEPT)
def _drawn(page: QuestionPage, language: str | None) -> str:
    """`language` is the one in force: words come in no other."""
    holes = {"csrf_token": TOKEN, "asked_key": ASKED, "until": UNTIL}
    form = KeyedForm(initial={"write_key": KEY})
    return render_to_string(TEMPLATE, page.context | holes | {"form": form, "errors": []})


def _until(asked: CheckInRequest) -> str:
    """When the window closes, in whole Unix seconds."""
    return str(int(asked.closes_at.timestamp()))
