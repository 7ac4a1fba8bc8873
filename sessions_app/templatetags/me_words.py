"""Small helps for the patient's templates."""

from __future__ import annotations

from django import template

from sessions_app import check_in_cookie

register = template.Library()


@register.simple_tag(takes_context=True)
def may_see_progress(context: template.Context) -> bool:
    """Whether this phone holds a link that is still good for one's own progress.

    It looks at the cookie alone: whatever address was asked for, the page says the same.
    """
    request = context.get("request")
    return request is not None and check_in_cookie.for_progress(request) is not None
