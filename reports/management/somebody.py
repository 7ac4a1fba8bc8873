"""Who stands behind an export that is made on the server: every one has its audit line."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from sessions_app.models import Clinic, Staff
from sessions_app.permissions import may
from sessions_app.roles import Deed, Role


def person_for(clinic_name: str, username: str | None, deed: Deed) -> Staff:
    """The person of that user name, else the first who may do `deed`, a lead before others.

    Raises CommandError with a sentence that says what to write instead.
    """
    clinic = Clinic.objects.filter(name=clinic_name).first()
    if clinic is None:
        names = ", ".join(Clinic.objects.order_by("name").values_list("name", flat=True))
        raise CommandError(
            _("There is no clinic “%(name)s”; write one of these: %(names)s")
            % {"name": clinic_name, "names": names or "–"},
            returncode=2,
        )
    staff = Staff.objects.filter(clinic=clinic, is_active=True).order_by("id")
    wanted = staff.filter(username=username) if username else staff
    able = [person for person in wanted if may(person, deed)]
    if not able:
        raise CommandError(
            _("Nobody at %(name)s may do this; give --by USERNAME of somebody who may")
            % {"name": clinic.name},
            returncode=2,
        )
    return min(able, key=lambda person: person.role != Role.LEAD)
