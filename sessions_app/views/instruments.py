"""The lead's pages for questionnaires: what ships, what was loaded, one of them, retiring it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from sessions_app.actions import instruments as deeds
from sessions_app.forms.clinic import ConfirmForm
from sessions_app.forms.scores import DefinitionForm
from sessions_app.instruments import REGISTRY, Instrument, InstrumentText
from sessions_app.instruments_of import instrument_at, instruments_of, languages_of, texts_of
from sessions_app.models import ClinicInstrument
from sessions_app.permissions import visible_to
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for
from sessions_app.words.check_in_words import band_words, name_of


@page_for(Deed.MANAGE_CLINIC, FORM)
def instruments(request: StaffRequest) -> HttpResponse:
    """Every questionnaire, and a file to load; a refusal names the place in the file."""
    form, status = DefinitionForm(), 200
    if request.method == "POST":
        form = DefinitionForm(request.POST, request.FILES)
        tried = attempt(
            form,
            lambda: deeds.load_instrument(
                by=request.user,
                content=form.content(),
                write_key=form.cleaned_data["write_key"],
            ),
        )
        if tried.is_done:
            text = _("%(name)s is loaded as version %(number)s. A protocol can ask it now.")
            facts = {"name": tried.row.definition["name"], "number": tried.row.number}
            messages.success(request, text % facts)
            return redirect("clinic:instrument", instrument=tried.row.code)
        status = tried.status
    known = instruments_of(request.user.clinic_id)
    retired = _versions(request).exclude(code__in=known).filter(is_retired=True)
    context = {
        "form": form,
        "own": [_line(request, each) for code, each in known.items() if code not in REGISTRY],
        "shipped": [_line(request, each) for each in REGISTRY.values()],
        "retired": {row.code: row for row in retired.order_by("number")}.values(),
    }
    return render(request, "clinic/instruments.html", context, status=status)


@page_for(Deed.MANAGE_CLINIC, READ)
def instrument(request: StaffRequest, instrument: str) -> HttpResponse:
    """One questionnaire whole: score, bands, rules, words, and who loaded it when."""
    found = instrument_at(request.user.clinic_id, instrument)
    if found is None:
        raise Http404
    languages = languages_of(request.user.clinic_id, instrument)
    texts = [texts_of(request.user.clinic_id, instrument, language) for language in languages]
    in_force = instruments_of(request.user.clinic_id)
    context = {
        "scale": found,
        "name": name_of(found),
        "bands": [(band, band_words(band.code)) for band in found.bands],
        "texts": [_questions(words, found) for words in texts if words is not None],
        "versions": _versions(request).filter(code=instrument).order_by("-number"),
        "is_own": instrument not in REGISTRY,
        "is_in_force": instrument in in_force,
    }
    return render(request, "clinic/instrument.html", context)


@page_for(Deed.MANAGE_CLINIC, FORM)
def instrument_retire(request: StaffRequest, instrument: str) -> HttpResponse:
    """Ask, then retire one of the clinic's own."""
    row = _versions(request).filter(code=instrument).order_by("-number").first()
    if row is None:
        raise Http404
    name = row.definition["name"]
    form, status = ConfirmForm(request.POST or None), 200
    if request.method == "POST":
        tried = attempt(
            form,
            lambda: deeds.retire_instrument(
                by=request.user, code=instrument, write_key=form.cleaned_data["write_key"]
            ),
        )
        if tried.is_done:
            messages.success(request, _("%(name)s is retired.") % {"name": name})
            return redirect("clinic:instruments")
        status = tried.status
    context = {
        "form": form,
        "title": _("Retire %(name)s?") % {"name": name},
        "text": _(
            "Nobody is asked it any more, also in check-ins that are planned."
            " What was answered stays."
        ),
        "button": _("Retire the questionnaire"),
        "back": "clinic:instruments",
    }
    return render(request, "clinic/confirm.html", context, status=status)


def _versions(request: StaffRequest) -> QuerySet[ClinicInstrument]:
    rows = visible_to(request.user, ClinicInstrument, Deed.MANAGE_CLINIC)
    return rows.select_related("loaded_by")


def _line(request: StaffRequest, scale: Instrument) -> dict[str, object]:
    return {
        "scale": scale,
        "name": name_of(scale),
        "languages": ", ".join(languages_of(request.user.clinic_id, scale.code)),
    }


def _questions(words: InstrumentText, scale: Instrument) -> dict[str, object]:
    items = (*scale.items, *scale.extra_items)
    return {
        "words": words,
        "language": dict(settings.LANGUAGES).get(words.language, words.language),
        "items": [
            {
                "question": words.question(item.code),
                "options": words.options_of(item.code),
                "anchors": words.anchors_of(item.code),
            }
            for item in items
        ],
    }
