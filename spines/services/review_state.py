"""What people say of rows, in the form that the audit trail keeps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from spines.models import AnalysisImage, Spine


def state_of(spine: Spine) -> dict[str, Any]:
    """What a person says of a spine."""
    return {
        "reviewed_class": spine.reviewed_class,
        "rejected": spine.rejected,
        "reviewed_by": spine.reviewed_by_id,
        "reviewed_at": _text(spine.reviewed_at),
    }


def put_back(spine: Spine, state: dict[str, Any]) -> None:
    """Give a spine an earlier `state_of`; nothing is saved."""
    spine.reviewed_class, spine.rejected = state["reviewed_class"], state["rejected"]
    spine.reviewed_by_id, spine.reviewed_at = state["reviewed_by"], _moment(state["reviewed_at"])


def mark_of(result: AnalysisImage) -> dict[str, Any]:
    """Who called all boxes of a result right, and when."""
    return {"reviewed_by": result.reviewed_by_id, "reviewed_at": _text(result.reviewed_at)}


def put_mark_back(result: AnalysisImage, mark: dict[str, Any]) -> None:
    """Give a result an earlier `mark_of`; nothing is saved."""
    result.reviewed_by_id, result.reviewed_at = mark["reviewed_by"], _moment(mark["reviewed_at"])


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
