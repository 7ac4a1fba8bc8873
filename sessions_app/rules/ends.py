"""How a session can end, what each end has to say, and what it counts as.

One table for the form, the rules and the reports. Codes only; words come from refusals.py and
end_words.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Dose = Literal["given", "none", "either"]
OTHER = "other"


@dataclass(frozen=True)
class End:
    """One end.

    `dose`: whether one must have been given. `needs`: what its form asks for and cannot do
    without; "reason_or_code" is one of `reasons`, or words. `counts_as_session`: it is a treatment
    of this patient as soon as a dose stands. `counts_as_monitored`: its readings and side effects
    are this patient's. `is_asked_after`: the check-ins that follow its dose go on. All four
    numbers of a report follow from these, and from whether a dose stands.
    """

    code: str
    dose: Dose
    needs: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    counts_as_session: bool = True
    counts_as_monitored: bool = True
    is_asked_after: bool = True


ENDS: dict[str, End] = {
    end.code: end
    for end in (
        End("discharged", "given", ("escort_name",)),
        End(
            "not_started",
            "none",
            ("reason_or_code",),
            (
                "declined",
                "unwell",
                "vital_signs",
                "no_escort",
                "ate_or_drank",
                "mental_state",
                "no_vein",
                OTHER,
            ),
            counts_as_session=False,
            is_asked_after=False,
        ),
        End("transferred", "either", ("reason", "transferred_to", "handover")),
        End("left_against_advice", "either", ("reason", "risks_explained")),
        End(
            "wrong_patient",
            "either",
            ("reason",),
            counts_as_session=False,
            counts_as_monitored=False,
            is_asked_after=False,
        ),
    )
}

# Ends that make a session no treatment of this patient, in the order that reports list them.
NOT_A_TREATMENT = tuple(end.code for end in ENDS.values() if not end.counts_as_session)

# Why a prescriber lets somebody go home although a check is open. Words are asked for as well.
OVERRIDE_REASONS = (
    "usual_for_them",
    "other_measure",
    "other_support",
    "watched_elsewhere",
    OTHER,
)
