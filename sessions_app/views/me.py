"""The patient's check-in: a link opens it, one question a page, an answer saved by each post."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from sessions_app import check_in_cookie, throttle
from sessions_app.actions.answers import answer_item
from sessions_app.actions.check_in_links import find_link, note_opening
from sessions_app.check_in_steps import Step, first_open, steps
from sessions_app.check_in_windows import is_same_day
from sessions_app.check_in_words import words_of
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.forms.check_ins import QuestionForm
from sessions_app.help_lines import lines_to_call
from sessions_app.instruments import REGISTRY
from sessions_app.models import CheckIn, CheckInLink, CheckInRequest, ItemAnswer
from sessions_app.views.gate import FORM, READ, open_to_all
from sessions_app.views.help import risk_help

MISSES, MISSES_WITHIN = 20, timedelta(minutes=1)

CheckInView = Callable[..., HttpResponse]


@open_to_all(READ)
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """A cookie takes the token's place and the address loses it. Nothing is used up by a look."""
    link = find_link(token)
    return missed(request) if link is None else enter(link)


def enter(link: CheckInLink) -> HttpResponse:
    """On to the first open question, with the cookie that names the link."""
    asked = link.request
    with translation.override(asked.patient.language):
        step = first_open(steps(asked.instruments), _answered(asked))
        answer = redirect(_address(asked, step))
    check_in_cookie.remember(answer, link)
    return answer


def _is_seen(request: HttpRequest) -> bool:
    """A page that a browser shows to somebody: no look by HEAD, no prefetch, no part of a page.

    The cookie came back with it, so the redirect was followed by a browser that keeps cookies.
    """
    asked = request.headers
    purposes = (asked.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    if request.method == "HEAD" or any("prefetch" in purpose.lower() for purpose in purposes):
        return False
    return asked.get("Sec-Fetch-Dest", "document") == "document"


def check_in_page(methods: tuple[str, ...]) -> Callable[[CheckInView], CheckInView]:
    """The view gets the check-in of this phone's cookie, in the patient's language and zone.

    Without a living link, or for another slot, everybody gets the same friendly page.
    """

    def wrap(view: CheckInView) -> CheckInView:
        @wraps(view)
        def page(request: HttpRequest, slot: str, **kwargs: int) -> HttpResponse:
            link = check_in_cookie.living(request)
            if link is None or link.request.slot != slot:
                return _closed(request)
            patient = link.request.patient
            if _is_seen(request):
                note_opening(link=link)
            with translation.override(patient.language), timezone.override(patient.time_zone):
                if timezone.now() < link.request.opens_at:
                    return _page(request, "me/early.html", link.request, {})
                return view(request, link.request, **kwargs)

        return open_to_all(methods)(page)

    return wrap


@check_in_page(FORM)
def question(request: HttpRequest, asked: CheckInRequest, step: int) -> HttpResponse:
    """One question. A post saves its answer; a dangerous answer is answered by the help page."""
    walk = steps(asked.instruments)
    if not 1 <= step <= len(walk):
        return _closed(request)
    here = walk[step - 1]
    if request.method != "POST":
        return _question(request, asked, here, None)
    form = _form(asked, here, request)
    if not form.is_valid():
        return _question(request, asked, here, form, status=422)
    try:
        answer = _save(asked, here, form)
    except RuleBroken as broken:
        if any(error.field == "request" for error in broken.errors):
            return _closed(request)
        form.add_broken_rules(broken)
        return _question(request, asked, here, form, status=422)
    except AlreadySaved:
        return _question(request, asked, here, None, status=409)
    onward = _address(asked, walk[step] if step < len(walk) else None)
    flags = REGISTRY[here.instrument].red_flags({here.item.code: answer.value})
    if flags:
        return risk_help(request, asked, level=flags[0].level, at=answer.answered_at, onward=onward)
    return redirect(onward)


@check_in_page(READ)
def done(request: HttpRequest, asked: CheckInRequest) -> HttpResponse:
    """Thanks, when the next one comes, and the way back to change an answer."""
    walk = steps(asked.instruments)
    later = CheckInRequest.objects.filter(
        patient=asked.patient, cancelled_at=None, opens_at__gt=asked.opens_at
    )
    left = first_open(walk, _answered(asked))
    context = {
        "next_one": later.order_by("opens_at").first(),
        "left_url": _address(asked, left) if left else "",
        "change_url": _address(asked, walk[0]),
        "no_driving": is_same_day(asked.slot),
        "is_begun": CheckIn.objects.filter(request=asked).exists(),
    }
    return _page(request, "me/done.html", asked, context)


def _save(asked: CheckInRequest, here: Step, form: QuestionForm) -> ItemAnswer:
    return answer_item(
        request=asked,
        instrument=here.instrument,
        item=here.item.code,
        value=form.answer,
        language=words_of(here.instrument, asked.patient.language).language,
        write_key=form.cleaned_data["write_key"],
    )


def _form(asked: CheckInRequest, here: Step, request: HttpRequest | None = None) -> QuestionForm:
    """The question as it was posted, or with the answer that stands, if one does."""
    given = _answered(asked).get(here.key)
    return QuestionForm(
        request.POST if request else None,
        step=here,
        words=words_of(here.instrument, asked.patient.language),
        may_skip=given is None,
        initial={} if given is None else {"value": given},
    )


def _question(
    request: HttpRequest,
    asked: CheckInRequest,
    here: Step,
    form: QuestionForm | None,
    status: int = 200,
) -> HttpResponse:
    form = form or _form(asked, here)
    walk = steps(asked.instruments)
    before = walk[here.number - 2] if here.number > 1 else None
    context = {
        "form": form,
        "step": here,
        "steps": walk,
        "words": words_of(here.instrument, asked.patient.language),
        "may_skip": _answered(asked).get(here.key) is None,
        "back_url": _address(asked, before) if before else "",
        "errors": [{"message": _("You had already answered. See whether this is right.")}]
        if status == 409
        else [],
        "lines": lines_to_call(asked.clinic, asked.patient.language),
    }
    return _page(request, "me/question.html", asked, context, status)


def _answered(asked: CheckInRequest) -> dict[tuple[str, str], int | None]:
    """(instrument, item) → the answer that stands, None for a skip."""
    rows = ItemAnswer.objects.filter(check_in__request=asked).order_by("answered_at", "id")
    return {(row.instrument, row.item): row.value for row in rows}


def _address(asked: CheckInRequest, step: Step | None) -> str:
    if step is None:
        return reverse("me:done", args=[asked.slot])
    return reverse("me:question", args=[asked.slot, step.number])


def _page(
    request: HttpRequest,
    template: str,
    asked: CheckInRequest,
    context: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    return render(request, template, {"asked": asked, **context}, status=status)


def missed(request: HttpRequest) -> HttpResponse:
    """Unknown, over, replaced: one answer. Guessing ends after 20 misses a minute."""
    subject = throttle.address_subject(request, "links")
    if throttle.check(subject, tries=MISSES, window=MISSES_WITHIN):
        answer = _closed(request, status=429)
        answer.headers["Retry-After"] = str(int(MISSES_WITHIN.total_seconds()))
        return answer
    throttle.failed(subject)
    return _closed(request)


def _closed(request: HttpRequest, status: int = 404) -> HttpResponse:
    return render(request, "me/closed.html", {}, status=status)
