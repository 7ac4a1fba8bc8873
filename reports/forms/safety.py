"""The GET form of the safety page: its address is the analysis."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from reports.dashboards.safety.filter import SafetyFilter
from reports.dashboards.words import DRUG_SHORT, ROUTE_SHORT
from reports.forms.fields import FilterForm, blank_or, choice_field
from sessions_app.models.courses import INDICATIONS


class SafetyForm(FilterForm):
    """What the safety page is asked for."""

    FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)

    indication = choice_field(_("Condition"), blank_or(_("all"), lambda: INDICATIONS))
    route = choice_field(_("Route"), blank_or(_("all"), ROUTE_SHORT.items))
    drug = choice_field(_("Drug"), blank_or(_("all"), DRUG_SHORT.items))

    def chosen(self) -> SafetyFilter:
        """The valid form as one analysis."""
        clean = self.cleaned_data
        return SafetyFilter(
            date_from=clean["from"],
            date_to=clean["to"],
            indication=clean["indication"],
            drug=clean["drug"],
            route=clean["route"],
        )
