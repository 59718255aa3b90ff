"""Why work waits, where its surroundings failed."""

from __future__ import annotations

from spines.models import AnalysisImage, AnalysisStatus, ThresholdChange, Work


def why_work_waits() -> str:
    """What the row says that was put back last: a sentence; empty where nothing waits for its surroundings."""
    newest = [
        row
        for model in (AnalysisImage, ThresholdChange, Work)
        for row in model.objects.filter(status=AnalysisStatus.QUEUED)
        .exclude(message="")
        .order_by("-heartbeat_at")
        .values_list("heartbeat_at", "message")[:1]
    ]
    return str(max(newest)[1]) if newest else ""
