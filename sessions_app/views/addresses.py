"""Where to go on after a log-in: an address of this server, or the person's home."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


def next_page(request: HttpRequest, asked: Mapping[str, str] | None = None) -> str:
    """The page named by `next` in the post or the address, if it is one of ours.

    Only a path from the root is: a bare word would be taken for the name of a view.
    """
    named = asked if asked is not None else (request.POST or request.GET)
    wanted = str(named.get("next", ""))
    here = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(wanted, here, require_https=request.is_secure())
    if wanted.startswith("/") and is_ours:
        return wanted
    return resolve_url("home")
