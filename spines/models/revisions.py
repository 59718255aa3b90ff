"""How often a result changed, so that what was computed from it is kept until then."""

from __future__ import annotations

from django.db import models

from spines.models.analyses import AnalysisImage


class ResultRevision(models.Model):
    """A number that grows with each change of a result's spines or dendrites. Triggers write it, in its transaction."""

    result = models.OneToOneField(
        AnalysisImage, primary_key=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    revision = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"Revision {self.revision} of result {self.pk}"
