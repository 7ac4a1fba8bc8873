"""The sentences that say what is wrong in a file of an import, and what to do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.imports.import_files import Problem

CORRECT = _("correct it or leave it blank")

# Code → what is wrong, then what to do. The limit is added between the two where there is one.
SENTENCES: dict[str, tuple[str | Promise, str | Promise]] = {
    "cannot_read": (
        _("the file cannot be read: %(value)s"),
        _("check the path and its permissions"),
    ),
    "no_header": (_("there is no header"), _("write these columns on the first line")),
    "unknown_column": (_("the column is not known"), _("remove it")),
    "repeated_column": (_("the column appears twice"), _("keep one")),
    "missing_column": (_("the column is missing"), _("add it to the header")),
    "wrong_number_of_fields": (
        _("the row has %(value)s fields and the header has another number"),
        _("add or remove commas, and put a text with a comma in double quotes"),
    ),
    "not_utf8": (_("the text is not UTF-8"), _("save the file with the encoding UTF-8")),
    "null_byte": (_("there is a null byte"), _("save the file again as plain CSV")),
    "unreadable_row": (_("the row cannot be read as CSV"), _("check its double quotes")),
    "blank": (_("there is nothing in it"), _("fill it in or remove the row")),
    "blanks_around": (
        _("“%(value)s” has a blank before or after it"),
        _("remove the blank: with it, it is another id"),
    ),
    "too_long": (_("“%(value)s” is too long"), _("shorten it to so many characters")),
    "unknown_choice": (_("“%(value)s” is not known"), _("write one of these")),
    "not_given": (
        _("there is nothing in it, and nothing is guessed"),
        _("fill it in, or give --%(column)s for all rows without it"),
    ),
    "naive_time": (
        _("the time “%(value)s” has no offset from UTC"),
        _("add Z or an offset such as +01:00 to the end"),
    ),
    "not_a_time": (
        _("“%(value)s” is not a date and time"),
        _("write it as 2026-11-20T09:30:00+01:00"),
    ),
    "finer_than_a_microsecond": (
        _("the time “%(value)s” is finer than a microsecond"),
        _("keep at most six digits of the second"),
    ),
    "in_the_future": (_("%(value)s is in the future"), _("check the day and the offset")),
    "too_long_ago": (_("%(value)s is too long ago"), _("check the year")),
    "not_a_day": (_("“%(value)s” is not a date"), _("write it as 1979-03-14")),
    "not_a_number": (
        _("“%(value)s” is not a number"),
        _("write digits with a point for decimals"),
    ),
    "not_an_integer": (_("%(value)s is not a whole number"), CORRECT),
    "implausible_low": (_("%(value)s cannot be true"), CORRECT),
    "implausible_high": (_("%(value)s cannot be true"), CORRECT),
    "looks_like_fahrenheit": (
        _("%(value)s looks like degrees Fahrenheit"),
        _("write degrees Celsius"),
    ),
    "diastolic_not_below_systolic": (
        _("%(value)s is not below the systolic pressure"),
        _("check both pressures"),
    ),
    "nothing_entered": (_("no sign was measured"), _("fill in a sign or remove the row")),
    "too_many_decimals": (
        _("%(value)s has more decimals than are kept"),
        _("round it to so many decimals"),
    ),
    "outside_the_scale": (
        _("the score %(value)s is outside the scale"),
        _("correct it, or leave it blank"),
    ),
    "other_spelling": (_("“%(value)s” is another spelling"), _("write it like this")),
    "repeated_session": (
        _("“%(value)s” is already on an earlier line for this patient"),
        _("give every session of a patient its own id"),
    ),
    "other_birth_date": (
        _("the patient has another birth date on an earlier line"),
        _("correct one, or give two persons two ids"),
    ),
    "esketamine_is_nasal": (
        _("esketamine is given by nose only"),
        _("correct the drug or the route"),
    ),
    "end_far_from_start": (
        _("%(value)s is before the start, or more than so many hours after it"),
        _("correct one of the two times"),
    ),
    "only_for_other": (
        _("“%(value)s” stands beside a code of the list"),
        _("leave it blank, or write the code other"),
    ),
    "before_onset": (_("%(value)s is before the onset"), _("correct one of the two times")),
    # Beside the record
    "unknown_patient": (
        _("the clinic has no patient “%(value)s”, and the file no birth date to add one"),
        _(
            "add the column birth_date to the sessions, add the patient on the page Patients, or "
            "give --birth-dates-unknown"
        ),
    ),
    "birth_date_of_record": (
        _("%(value)s is not the birth date of this patient in the record"),
        _("correct it there or here, or use another id if this is another person"),
    ),
    "unknown_session": (
        _("no imported session “%(value)s” of this patient"),
        _("import it with the sessions first, or correct the ids"),
    ),
    "outside_the_session": (
        _("%(value)s is too far from the session's start"),
        _("correct the time or the session_id"),
    ),
    "session_differs": (
        _("this session was imported with another value (%(value)s)"),
        _("an import changes nothing: correct the file, or use another session_id"),
    ),
    "score_differs": (
        _("the record has another score than %(value)s at this instant"),
        _("an import changes nothing: correct the file or the record"),
    ),
    "value_differs": (
        _("the record has another value than %(value)s at this instant"),
        _("an import changes nothing: correct the file or the record"),
    ),
    "other_route": (
        _("“%(value)s” belongs to other routes"),
        _("choose another code, or correct the session's route"),
    ),
}


def problem_line(problem: Problem) -> str:
    """`FILE:LINE: COLUMN: problem (limit); what to do`, on one line whatever the file holds."""
    wrong, remedy = SENTENCES[problem.code]
    facts = {"value": _one_line(problem.value), "column": _one_line(problem.column)}
    column = f"{facts['column']}: " if problem.column else ""
    limit = f" ({_one_line(problem.limit, 300)})" if problem.limit else ""
    sentence = f"{str(wrong) % facts}{limit}; {str(remedy) % facts}"
    return f"{problem.file}:{problem.line}: {column}{sentence}"


def _one_line(value: str, longest: int = 80) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in value)
    return shown if len(shown) <= longest else shown[:longest] + "…"
