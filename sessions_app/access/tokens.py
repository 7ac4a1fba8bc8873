"""Tokens of machines: made here, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "aft_"
TOKEN_BYTES = 32


def new_token() -> str:
    """A fresh token with 256 random bits. The prefix lets a secret scanner know it."""
    return PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is kept of a token. Its 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
