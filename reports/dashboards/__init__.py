"""One object per page, for the page, the JSON and the CSV."""

from reports.dashboards.filters import OutcomeFilter
from reports.dashboards.outcomes import Outcomes, outcomes
from reports.dashboards.timeline import Timeline, timeline

__all__ = ["OutcomeFilter", "Outcomes", "Timeline", "outcomes", "timeline"]
