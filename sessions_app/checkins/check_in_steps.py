"""A check-in as a walk: one question per page, the daily ones first, the questionnaires after."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from uuid import UUID

from sessions_app.instruments import Instrument, InstrumentText, Item
from sessions_app.instruments.base import RedFlag
from sessions_app.instruments_of import instrument_at, texts_of
from sessions_app.models import CheckInRequest
from sessions_app.rules.check_in_windows import DAILY

Words = Callable[[UUID, str], InstrumentText | None]


@dataclass(frozen=True)
class Step:
    """One page. `position` counts from 1 through the whole check-in and stands in the address;
    `number` counts to `of` through its part: the daily questions, or the longer ones after them.
    """

    position: int
    number: int
    of: int
    is_daily: bool
    instrument: Instrument
    item: Item
    words: InstrumentText

    @property
    def key(self) -> tuple[str, str]:
        return self.instrument.code, self.item.code

    @property
    def title(self) -> str:
        return self.words.question(self.item.code)

    def flags(self, answer: int | None) -> list[RedFlag]:
        """What this answer alone is answered for by the help page."""
        found = self.instrument.red_flags({self.item.code: answer})
        return [flag for flag in found if flag.shows_help]


def walk_of(request: CheckInRequest) -> list[Step]:
    """Every question that can be asked in the patient's language, unscored closing ones included.

    A questionnaire without a sourced text in that language is left out.
    """
    language = request.patient.language
    return _walk(request, lambda clinic, code: texts_of(clinic, code, language))


def paper_walk(request: CheckInRequest) -> list[Step]:
    """The same for paper, where staff read: a missing language shows the first that there is."""
    language = request.patient.language
    return _walk(request, lambda clinic, code: _any_text(clinic, code, language))


def first_open(walk: Iterable[Step], answered: Container[tuple[str, str]]) -> Step | None:
    """The first question that was neither answered nor skipped; None when all were."""
    return next((step for step in walk if step.key not in answered), None)


def part_of(walk: Iterable[Step], step: Step) -> list[Step]:
    """The questions that belong together with this one, itself included."""
    return [other for other in walk if other.is_daily == step.is_daily]


def _walk(request: CheckInRequest, words_in: Words) -> list[Step]:
    pages = []
    for code in request.instruments:
        instrument = instrument_at(request.clinic_id, code)
        words = words_in(request.clinic_id, code) if instrument and instrument.is_asked else None
        if instrument is None or words is None:
            continue
        items = (*instrument.items, *instrument.extra_items)
        pages += [(code in DAILY, instrument, item, words) for item in items]
    pages.sort(key=lambda page: not page[0])
    daily = sum(page[0] for page in pages)
    return [
        Step(
            position,
            position if page[0] else position - daily,
            daily if page[0] else len(pages) - daily,
            *page,
        )
        for position, page in enumerate(pages, start=1)
    ]


def _any_text(clinic: UUID, code: str, language: str) -> InstrumentText | None:
    found = (texts_of(clinic, code, each) for each in (language, "en", "es"))
    return next((words for words in found if words is not None), None)
