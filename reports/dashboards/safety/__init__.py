"""The safety of a clinic's sessions: record, blocks of numbers, one object, words, figures."""

from reports.dashboards.safety.filter import SafetyFilter
from reports.dashboards.safety.overview import Safety, safety

__all__ = ["Safety", "SafetyFilter", "safety"]
