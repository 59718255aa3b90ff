"""Whether there is a backup, and whether one is due."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.timesince import timesince

from spines.models import Backup, Image

TRIED_AGAIN_AFTER = timedelta(hours=1)
WITHOUT_A_WORD = timedelta(days=7)
"""So long an installation has images before it is told that it has no backup."""
WEEKLY = timedelta(days=8)


def last_backup() -> Backup | None:
    """The latest that succeeded."""
    return Backup.objects.filter(finished_at__isnull=False, message="").order_by("-finished_at").first()


def backup_is_due() -> bool:
    """Whether one is to be begun now: none was tried within the hour, and the last success is long enough ago."""
    if not settings.SPINULA_BACKUP or not settings.SPINULA_BACKUP_HOURS:
        return False
    now = timezone.now()
    if Backup.objects.filter(started_at__gt=now - TRIED_AGAIN_AFTER).exists():
        return False
    last = last_backup()
    return last is None or last.started_at <= now - timedelta(hours=settings.SPINULA_BACKUP_HOURS)


def backup_warning() -> str:
    """A sentence for who looks after the installation; empty while all is well."""
    now, last = timezone.now(), last_backup()
    if last is None and not _has_old_images(now):
        return ""
    if last is not None and now - last.started_at <= _allowed_age():
        return ""
    age = "There is no backup" if last is None else f"The last backup is {timesince(last.started_at, now, depth=1)} old"
    return f"{age}. {_what_to_do()}".replace("\xa0", " ")


def _allowed_age() -> timedelta:
    hours = settings.SPINULA_BACKUP_HOURS
    return 2 * timedelta(hours=hours) if settings.SPINULA_BACKUP and hours else WEEKLY


def _has_old_images(now: datetime) -> bool:
    return Image.objects.filter(uploaded_at__lt=now - WITHOUT_A_WORD).exists()


def _what_to_do() -> str:
    if not settings.SPINULA_BACKUP:
        return "Name a folder on another disk in SPINULA_BACKUP, or run manage.py backup FOLDER."
    failed = Backup.objects.exclude(message="").order_by("-started_at").first()
    newest = Backup.objects.order_by("-started_at").first()
    if failed is not None and failed == newest:
        return f"The latest try failed: {failed.message}"
    return "Check that beat and a worker of the queue default run."
