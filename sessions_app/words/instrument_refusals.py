"""The words of refusals about scores and questionnaires: what is wrong, and the next step."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

INSTRUMENT_REFUSALS: dict[str, tuple[Promise, Promise]] = {
    "off_scale": (
        _("%(field)s must be a number from %(limit)s. You entered %(value)s."),
        _("Check the number and enter it again."),
    ),
    "not_whole": (
        _("%(field)s must be a whole number from %(limit)s. You entered %(value)s."),
        _("Check the number and enter it again."),
    ),
    "too_fine": (
        _("%(field)s can have two decimals. You entered %(value)s."),
        _("Round it, then save."),
    ),
    "not_yet": (
        _("%(field)s must not be later than now (%(limit)s). You entered %(value)s."),
        _("Correct the time."),
    ),
    "no_such_item": (
        _("This questionnaire has no question %(value)s. It has %(limit)s."),
        _("Check which questionnaire it is."),
    ),
    "total_or_items": (
        _("Both the score and the items were entered."),
        _("Enter the score alone, or the items alone: their score is then worked out."),
    ),
    "items_open": (
        _("Too many items are empty, so there is no score (items %(value)s)."),
        _("Fill them in. An empty item is never counted as zero."),
    ),
    "corrected_by_items": (
        _("This score was entered by its items."),
        _("Correct the items: the score is worked out from them."),
    ),
    "score_replaced": (
        _("This score was already corrected."),
        _("Reload the page to see what stands now."),
    ),
    "not_entered_by_staff": (
        _("Only a score that staff entered can be corrected here."),
        _("Enter a new score, and say in a note what is wrong with this one."),
    ),
    "file_too_large": (
        _("The file is larger than %(limit)s kB."),
        _("A definition is a small text file. Check that it is the right one."),
    ),
    "file_not_text": (
        _("The file is not a text file in UTF-8."),
        _("Save it as plain text in UTF-8, then load it again."),
    ),
    "file_unreadable": (
        _("The file is neither JSON nor TOML that can be read: %(value)s."),
        _("Correct that place, then load it again."),
    ),
    "unknown_key": (
        _("%(field)s is not known in a definition. Here stand: %(limit)s."),
        _("Correct its spelling, or take it out."),
    ),
    "not_text": (
        _("%(field)s must be text. It says %(value)s."),
        _("Put the words in quotation marks."),
    ),
    "not_plain": (
        _("%(field)s holds signs that cannot be shown."),
        _("Write it anew as plain text on one line."),
    ),
    "not_yes_no": (
        _("%(field)s must be true or false. It says %(value)s."),
        _("Write true or false, without quotation marks."),
    ),
    "not_a_table": (
        _("%(field)s must be a table of names and values."),
        _("Look at the example, then correct it."),
    ),
    "not_a_list": (
        _("%(field)s must be a list."),
        _("Look at the example, then correct it."),
    ),
    "too_many": (
        _("%(field)s: %(value)s were found, %(limit)s at most can be used."),
        _("Take some out."),
    ),
    "code_shape": (
        _("The code %(value)s cannot be used."),
        _("Use small letters, digits and underscores, and begin with a letter."),
    ),
    "code_shipped": (
        _("%(value)s is the code of a questionnaire that ships."),
        _("Choose another code: a published scale is not replaced by one of your own."),
    ),
    "item_code_shape": (
        _("%(field)s: %(value)s cannot be used."),
        _("Use small letters and digits, and begin with a letter."),
    ),
    "stands_twice": (_("%(field)s: %(value)s stands twice."), _("Give each one its own code.")),
    "only_when_asked": (
        _("%(field)s belongs to a questionnaire that patients answer."),
        _("Take it out, or choose sum or mean as scoring."),
    ),
    "only_for_score_only": (
        _("The ends of the score are worked out from the items."),
        _("Take “score” out, or choose score_only as scoring."),
    ),
    "only_lower_is_better": (
        _("Remission at or below a score is not possible where higher is better."),
        _("Take “remission_at_most” out."),
    ),
    "mean_of_unlike_items": (
        _("A mean needs items that all have the same lowest and highest answer."),
        _("Give them the same ends, or choose sum as scoring."),
    ),
    "bands_ends": (
        _("The bands run from %(value)s, the score from %(limit)s."),
        _("Let the first band begin and the last one end with the score."),
    ),
    "bands_gap": (
        _("%(field)s: %(value)s does not follow %(limit)s."),
        _("Let each band begin right after the one before it ends."),
    ),
    "language_shape": (
        _("%(value)s is not the code of a language."),
        _("Write it like en, es or pt-br."),
    ),
    "answers_without_words": (
        _("%(field)s: the answers %(limit)s of item %(value)s have no words."),
        _("Write words for each answer, or for the two ends."),
    ),
    "answers_differ": (
        _("%(field)s: item %(value)s needs words for each of %(limit)s, and for nothing else."),
        _("Add what is missing, or take out what is too much."),
    ),
    "window_asks_too_much": (
        _("The check-in %(value)s asks for too many questionnaires."),
        _("Leave some out, or ask them in another check-in."),
    ),
    "too_many_instruments": (
        _("The clinic has %(limit)s questionnaires of its own, and no more can be kept in use."),
        _("Retire one that is no longer used."),
    ),
    "instrument_retired": (
        _("%(value)s is already retired."),
        _("Load its file again to bring it back."),
    ),
}
