"""How passwords and PINs are hashed."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class ClinicArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane: the OWASP minimum profile.

    Django's own default takes 100 MiB a check, so a shift change would stall the chairs.
    """

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1
