"""What has to answer for Spinula to work. A sentence says what is down and what to do, and holds no secret."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from redis import RedisError

from spines.background.queue import QueueName
from spines.background.workers import broker, listens, mark_of
from spines.selectors.operation.backups import backup_warning
from spines.selectors.operation.waiting import why_work_waits
from spines.storage.files import PROBES

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One part of the system: its name, whether it answers, and a sentence for who looks after it."""

    name: str
    ok: bool
    sentence: str


def database_answers() -> bool:
    """Whether PostgreSQL runs a query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def broker_answers() -> bool:
    """Whether Redis or Valkey answers a ping."""
    with broker() as server:
        return bool(server.ping())


def storage_keeps_files() -> bool:
    """Whether a file can be written, read back and removed."""
    content = uuid4().hex.encode()
    name = default_storage.save(f"{PROBES}/{uuid4().hex}", ContentFile(content))
    try:
        with default_storage.open(name) as probe:
            return bool(probe.read() == content)
    finally:
        default_storage.delete(name)


def analysis_worker_lives() -> bool:
    """Whether an analysis worker left its mark in the broker during the last few seconds."""
    return listens(QueueName.ANALYSIS)


CHECKS: dict[str, tuple[Callable[[], bool], str]] = {
    "database": (database_answers, "PostgreSQL does not answer. Check that it runs and DATABASE_URL."),
    "broker": (broker_answers, "The broker does not answer. Check that Redis or Valkey runs and REDIS_URL."),
    "storage": (storage_keeps_files, "Images cannot be stored. Check SPINULA_STORAGE, its space and its rights."),
    "analysis_worker": (
        analysis_worker_lives,
        "No analysis worker is running. Start one: celery -A worker worker -Q analysis,default.",
    ),
}


def clock_warning() -> str:
    """What to do where beat does not tick: lost work is put back, and backups begin, by its clock."""
    try:
        with broker() as server:
            ticks = bool(server.exists(mark_of("beat")))
    except RedisError:
        return ""  # the broker's own check tells that
    return "" if ticks else "Beat does not tick, so lost work stays lost. Start it: celery -A worker beat."


def run_checks() -> list[CheckResult]:
    """Run every check; one that fails is logged with its exception."""
    return [_run(name, check, remedy) for name, (check, remedy) in CHECKS.items()]


def warnings() -> list[str]:
    """What wants looking after, as sentences; none where the database does not answer."""
    try:
        return [sentence for sentence in (why_work_waits(), backup_warning(), clock_warning()) if sentence]
    except DatabaseError:
        return []


def _run(name: str, check: Callable[[], bool], remedy: str) -> CheckResult:
    try:
        ok = check()
    except Exception as error:  # noqa: BLE001 - whatever a server can raise means that it is down
        log.warning("health_check_failed", check=name, error=f"{type(error).__name__}: {error}")
        ok = False
    return CheckResult(name=name, ok=ok, sentence="" if ok else remedy)
