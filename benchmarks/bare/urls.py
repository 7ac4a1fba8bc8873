"""One view: `ModelSerializer`, session log-in with its CSRF check, nothing else."""

from __future__ import annotations

from django.urls import path
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.generics import CreateAPIView
from rest_framework.permissions import IsAuthenticated

from benchmarks.bare.models import Reading


class ReadingSerializer(serializers.ModelSerializer[Reading]):
    class Meta:
        model = Reading
        fields = "__all__"


class Readings(CreateAPIView[Reading]):
    queryset = Reading.objects.all()
    serializer_class = ReadingSerializer
    authentication_classes = (SessionAuthentication,)
    permission_classes = (IsAuthenticated,)


urlpatterns = [path("readings/", Readings.as_view())]
