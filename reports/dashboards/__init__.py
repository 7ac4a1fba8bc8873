"""One object per page, for the page, the JSON and the CSV."""

from reports.dashboards.filters import OutcomeFilter
from reports.dashboards.outcomes import Outcomes, outcomes

__all__ = ["OutcomeFilter", "Outcomes", "outcomes"]
