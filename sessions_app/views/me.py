"""The patient's check-in: a link opens it, one question a page, an answer saved by each post."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps

from django import forms
from django.db.models import UUIDField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from sessions_app.access import throttle
from sessions_app.actions.answers import answer_item
from sessions_app.actions.check_in_links import find_link, note_opening
from sessions_app.checkins import check_in_cookie
from sessions_app.checkins.check_in_questions import later_questions, question_on
from sessions_app.checkins.check_in_steps import Step, first_open, part_of, walk_of
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.forms.check_ins import QuestionForm
from sessions_app.help_lines import in_order, lines_to_call, opening_hours
from sessions_app.models import CheckInLink, CheckInRequest, ItemAnswer
from sessions_app.ready import Given, Ready
from sessions_app.rules.check_in_windows import is_same_day
from sessions_app.views.gate import FORM, READ, open_to_all
from sessions_app.views.help import risk_help
from sessions_app.views.question_page import Line, QuestionPage, fresh, refused

MISSES, MISSES_WITHIN = 20, timedelta(minutes=1)
SECONDS_A_QUESTION = 12

CheckInView = Callable[..., HttpResponse]

_ANSWERED = Ready(
    lambda: (
        ItemAnswer.objects.filter(check_in__request=Given(0, UUIDField()))
        .order_by("answered_at", "id")
        .values_list("instrument", "item", "value")
    )
)


@open_to_all(READ)
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """A cookie takes the token's place and the address loses it. Nothing is used up by a look."""
    link = find_link(token)
    return missed(request) if link is None else enter(link)


def enter(link: CheckInLink) -> HttpResponse:
    """On to the first open question, with the cookie that names the link."""
    asked = link.request
    with translation.override(asked.patient.language):
        answer = redirect(_address(asked, _where_to_go_on(asked)))
    check_in_cookie.remember(answer, link)
    return answer


def _where_to_go_on(asked: CheckInRequest) -> Step | None:
    """The first open daily question, or where longer ones were begun; None: the thanks."""
    walk, answered = walk_of(asked), _answered(asked)
    open_one = first_open(walk, answered)
    if open_one is None or open_one.is_daily or open_one.number > 1:
        return open_one
    return None


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
            if link is None or _is_for_another(request, slot, link.request):
                return _take_kept(request, slot, **kwargs)
            patient = link.request.patient
            if _is_seen(request):
                note_opening(link=link)
            with translation.override(patient.language), timezone.override(patient.time_zone):
                if timezone.now() < link.request.opens_at:
                    return _page(request, "me/early.html", link.request, {})
                return view(request, link.request, **kwargs)

        return open_to_all(methods)(page)

    return wrap


def _is_for_another(request: HttpRequest, slot: str, asked: CheckInRequest) -> bool:
    """Whether the page or the answer is another check-in's than the one open on this phone."""
    return slot != asked.slot or (request.POST.get("asked") or str(asked.pk)) != str(asked.pk)


@check_in_page(FORM)
def question(request: HttpRequest, asked: CheckInRequest, step: int) -> HttpResponse:
    """One question. A post saves its answer; a dangerous answer is answered by the help page.

    Once its part is all answered, the page says so and leads to each answer, to change it.
    """
    walk = walk_of(asked)
    if not 1 <= step <= len(walk):
        return _closed(request)
    here = walk[step - 1]
    part = part_of(walk, here)
    answered = _answered(asked)
    was_sent = first_open(part, answered) is None
    if request.method == "POST":
        return _take(request, asked, walk, here, was_sent)
    if was_sent and "change" not in request.GET:
        return _page(request, "me/sent.html", asked, {"part": part, "done_url": _address(asked)})
    return fresh(request, _shown(request, asked, walk, here, answered.get(here.key)), asked)


@check_in_page(READ)
def done(request: HttpRequest, asked: CheckInRequest) -> HttpResponse:
    """Thanks, when the next one comes, the longer questions if any, and the way to change."""
    walk = walk_of(asked)
    answered = _answered(asked)
    daily = [step for step in walk if step.is_daily]
    longer = [step for step in walk if not step.is_daily]
    left, more = first_open(daily, answered), first_open(longer, answered)
    count = sum(step.key not in answered for step in longer)
    context = {
        "next_one": _next_one(asked),
        "left_url": _address(asked, left) if left else "",
        "more_url": _address(asked, more) if more and not left else "",
        "more_count": count,
        "more_minutes": -(-count * SECONDS_A_QUESTION // 60),
        "is_more_begun": count < len(longer),
        "change_url": _address(asked, walk[0]) if daily and not left else "",
        "no_driving": is_same_day(asked.slot),
        "is_begun": bool(answered),
    }
    return _page(request, "me/done.html", asked, context)


def _take(
    request: HttpRequest, asked: CheckInRequest, walk: list[Step], here: Step, was_sent: bool
) -> HttpResponse:
    form = QuestionForm(request.POST, step=here)
    if not form.is_valid():
        return _again(request, asked, walk, here, form)
    if form.cleaned_data["asked"] not in (None, asked.pk):
        return _closed(request)  # an answer of another check-in, kept on this phone
    try:
        answer = _save(asked, here, form, form.answered_at)
    except RuleBroken as broken:
        if any(error.field == "request" for error in broken.errors):
            return _closed(request)
        form.add_broken_rules(broken)
        return _again(request, asked, walk, here, form)
    except AlreadySaved:
        said = _("You had already answered. See whether this is right.")
        return _again(request, asked, walk, here, QuestionForm(step=here), 409, [{"message": said}])
    if here.flags(answer.value):
        return risk_help(request, asked, here, answer, onward=_address(asked))
    part = part_of(walk, here)
    is_last = was_sent or here.number == len(part)
    return redirect(_address(asked, None if is_last else part[here.number]))


def _take_kept(request: HttpRequest, slot: str, step: int = 0) -> HttpResponse:
    """An answer from within a window that closed before the phone had a signal again; all else
    is over. No question follows: the check-in is closed.
    """
    named = forms.UUIDField(required=False)
    try:
        key = named.clean(request.POST.get("asked"))
    except forms.ValidationError:
        key = None
    link = check_in_cookie.for_kept(request, slot, key) if key else None
    if link is None:
        return _over(request)
    asked = link.request
    with translation.override(asked.patient.language), timezone.override(asked.patient.time_zone):
        walk = walk_of(asked)
        form = QuestionForm(request.POST, step=walk[step - 1]) if step <= len(walk) else None
        if form is None or not form.is_valid():
            return _closed(request)
        return _thanks(request, asked, walk[step - 1], form)


def _thanks(
    request: HttpRequest, asked: CheckInRequest, here: Step, form: QuestionForm
) -> HttpResponse:
    try:
        answer = _save(asked, here, form, form.given_at)
    except RuleBroken:
        return _over(request)
    except AlreadySaved:
        return _closed(request, status=409)
    if here.flags(answer.value):
        return risk_help(request, asked, here, answer, onward=_address(asked))
    return _page(request, "me/late.html", asked, {})


def _save(
    asked: CheckInRequest, here: Step, form: QuestionForm, given_at: datetime | None
) -> ItemAnswer:
    return answer_item(
        request=asked,
        instrument=here.instrument.code,
        item=here.item.code,
        value=form.answer,
        language=here.words.language,
        write_key=form.cleaned_data["write_key"],
        answered_at=given_at,
    )


def _again(
    request: HttpRequest,
    asked: CheckInRequest,
    walk: list[Step],
    here: Step,
    form: QuestionForm,
    status: int = 422,
    errors: Sequence[dict[str, str]] = (),
) -> HttpResponse:
    """The question once more, and why its answer was not taken."""
    page = _shown(request, asked, walk, here, form["value"].value())
    return refused(request, page, asked, form, status, list(errors))


def _shown(
    request: HttpRequest, asked: CheckInRequest, walk: list[Step], here: Step, chosen: object
) -> QuestionPage:
    part = part_of(walk, here)
    lines = in_order(
        lines_to_call(asked.clinic, asked.patient.language),
        "how",
        is_open=opening_hours(asked.clinic, timezone.now()).is_open,
    )
    return QuestionPage(
        path=request.get_full_path(),
        q=question_on(here, chosen),
        is_changing="change" in request.GET,
        back_url=_address(asked, part[here.number - 2]) if here.number > 1 else "",
        later=later_questions([(step, _address(asked, step)) for step in part[here.number :]]),
        lines=tuple(Line.of(line) for line in lines),
        done_url=_address(asked),
    )


def _next_one(asked: CheckInRequest) -> CheckInRequest | None:
    later = CheckInRequest.objects.filter(
        patient_id=asked.patient_id, cancelled_at=None, opens_at__gt=asked.opens_at
    )
    return later.order_by("opens_at").first()


def _answered(asked: CheckInRequest) -> dict[tuple[str, str], int | None]:
    """(instrument, item) → the answer that stands, None for a skip."""
    rows = _ANSWERED.rows(asked.pk)
    return {(instrument, item): value for instrument, item, value in rows}


def _address(asked: CheckInRequest, step: Step | None = None) -> str:
    if step is None:
        return reverse("me:done", args=[asked.slot])
    return reverse("me:question", args=[asked.slot, step.position])


def _page(
    request: HttpRequest,
    template: str,
    asked: CheckInRequest,
    context: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    return render(request, template, {"asked": asked, **context}, status=status)


def missed(request: HttpRequest) -> HttpResponse:
    """Unknown, over, replaced: one answer, which depends on the phone's own cookie and never on
    the token. Guessing ends after 20 misses a minute.
    """
    subject = throttle.address_subject(request, "links")
    if throttle.check(subject, tries=MISSES, window=MISSES_WITHIN):
        answer = _closed(request, status=429)
        answer.headers["Retry-After"] = str(int(MISSES_WITHIN.total_seconds()))
        return answer
    throttle.failed(subject)
    return _over(request)


def _over(request: HttpRequest) -> HttpResponse:
    """Closed; to the phone of a check-in that is over it also says when the next one comes."""
    link = check_in_cookie.for_progress(request)
    if link is None:
        return _closed(request)
    patient = link.request.patient
    with translation.override(patient.language), timezone.override(patient.time_zone):
        context = {"next_one": _next_one(link.request), "has_progress": True}
        return render(request, "me/closed.html", context, status=404)


def _closed(request: HttpRequest, status: int = 404) -> HttpResponse:
    return render(request, "me/closed.html", {}, status=status)
