"""How far apart sessions and answers were: of the chosen patients only."""

from __future__ import annotations

import pandas as pd

from reports.dashboards.outcome_numbers import gaps
from tests.reports.frames import DOSE, sessions_frame


def test_gaps_are_those_of_the_chosen_patients_and_wide_is_more_than_a_week() -> None:
    day = pd.Timedelta(days=1)
    rows = [("a", "1", DOSE), ("a", "2", DOSE + 14 * day), ("b", "1", DOSE)]
    sessions = sessions_frame([*rows, ("b", "2", DOSE + 60 * day)])
    episodes = pd.DataFrame(
        {
            "patient_id": ["a", "a"],
            "onset_lo": [0.0, 2.0],
            "onset_hi": [168.0, 24.0],
            "loss_lo": [170.0, 30.0],
            "loss_hi": [338.5, None],
        }
    )
    assert gaps(episodes, sessions) == {
        "median_days_between_sessions": 14.0,
        "intervals": 3,
        "intervals_over_7_days": 1,
    }
