"""Codes that a patient types instead of scanning: eight characters that nobody can confuse."""

from __future__ import annotations

import secrets

from django.utils.crypto import salted_hmac

# Crockford's alphabet: no I, L, O or U. 32 signs, so eight of them hold 40 random bits.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
LOOKS_LIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V", " ": "", "-": "", "\u2013": ""})
PURPOSE = "sessions_app.typed-code"


def new_code() -> str:
    """A fresh code as it is printed: "7K3M-QX2A"."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{signs[:4]}-{signs[4:]}"


def plain(typed: str) -> str | None:
    """The eight signs of what was typed, in whatever case, spaced or misread; None if it is none.

    O is read as 0, I and L as 1, U as V.
    """
    signs = "".join(typed.upper().split()).translate(LOOKS_LIKE)
    return signs if len(signs) == LENGTH and set(signs) <= set(ALPHABET) else None


def code_hash(typed: str) -> str:
    """What is kept of a code: HMAC-SHA256 with the server's secret, because 40 bits alone could
    be tried out by whoever got hold of the table.
    """
    return salted_hmac(PURPOSE, plain(typed) or "", algorithm="sha256").hexdigest()
