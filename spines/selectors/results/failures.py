"""Results that came to nothing."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from spines.models import AnalysisImage, AnalysisStatus


def failed_images(results: QuerySet[AnalysisImage]) -> QuerySet[AnalysisImage]:
    """Images whose latest result is a failure, newest first."""
    newer = AnalysisImage.objects.filter(image=OuterRef("image"), analysis_id__gt=OuterRef("analysis_id"))
    return (
        results.filter(~Exists(newer), status=AnalysisStatus.FAILED)
        .select_related("image__experiment__project__lab")
        .order_by("-finished_at", "-pk")
    )
