"""Ratings of dissociation during a session. Append-only."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import ClassVar

from django.db import models
from django.db.models import Q

from sessions_app.models.base import Entry
from sessions_app.models.sessions import StandingQuerySet, TreatmentSession
from sessions_app.rules.dissociation import SCALES


class DissociationRating(Entry):
    """One rating at `taken_at`: `score` on `scale`, a code of dissociation.py, higher is more."""

    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="ratings")
    scale = models.CharField(max_length=12)
    score = models.PositiveSmallIntegerField()

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ("taken_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=reduce(
                    or_, (Q(scale=scale.code, score__lte=scale.top) for scale in SCALES.values())
                ),
                name="rating_within_its_scale",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scale} {self.score} {self.taken_at:%H:%M}"
