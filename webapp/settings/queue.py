"""Celery. Every task is safe to run twice, so a message is given back when its worker dies."""

from .environment import env

__all__ = [
    "REDIS_URL",
    "SPINULA_WORKER_HEARTBEAT_S",
    "SPINULA_WORKER_KEY",
    "CELERY_BROKER_URL",
    "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP",
    "CELERY_BROKER_TRANSPORT_OPTIONS",
    "CELERY_TASK_IGNORE_RESULT",
    "CELERY_ACCEPT_CONTENT",
    "CELERY_TASK_SERIALIZER",
    "CELERY_RESULT_SERIALIZER",
    "CELERY_TASK_ACKS_LATE",
    "CELERY_TASK_REJECT_ON_WORKER_LOST",
    "CELERY_TASK_TIME_LIMIT",
    "CELERY_TASK_SOFT_TIME_LIMIT",
    "CELERY_TASK_DEFAULT_QUEUE",
    "CELERY_BEAT_SCHEDULE",
    "CELERY_BEAT_SCHEDULER",
    "CELERY_TASK_CREATE_MISSING_QUEUES",
    "CELERY_WORKER_PREFETCH_MULTIPLIER",
    "CELERY_WORKER_HIJACK_ROOT_LOGGER",
    "CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS",
    "CELERY_WORKER_SEND_TASK_EVENTS",
    "CELERY_TIMEZONE",
    "SPINULA_TRAINING_TIME_LIMIT_S",
]

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True  # the database is the truth about a job
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = env.int("SPINULA_TASK_TIME_LIMIT_S", default=1800)
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + 60
SPINULA_TRAINING_TIME_LIMIT_S = env.int("SPINULA_TRAINING_TIME_LIMIT_S", default=48 * 3600)
# A message unacknowledged for this long is delivered again, so it must outlast the longest task there is.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": max(CELERY_TASK_TIME_LIMIT, SPINULA_TRAINING_TIME_LIMIT_S) + 3600,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "health_check_interval": 30,
}

CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True

CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A broker that restarts ends no image: its message comes again, and finds the row taken.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"

# A worker marks the queues it consumes in the broker this often; /healthz/ asks for the mark.
SPINULA_WORKER_HEARTBEAT_S = 3
SPINULA_WORKER_KEY = "spinula:worker:{queue}"

# How often beat asks whether a backup is due.
_BACKUP_ASKED_S = 600

# How often beat puts back what the database calls queued, or whose heartbeat stopped. A round that no worker
# took before the next is of no use.
_REQUEUE_S = env.int("SPINULA_REQUEUE_SECONDS", default=30)
CELERY_BEAT_SCHEDULER = "worker.clock:MarkedClock"
CELERY_BEAT_SCHEDULE = {
    "requeue-stalled": {
        "task": "spinula.requeue_stalled",
        "schedule": _REQUEUE_S,
        "options": {"queue": CELERY_TASK_DEFAULT_QUEUE, "expires": _REQUEUE_S},
    },
    "empty-trash": {
        "task": "spinula.empty_trash",
        "schedule": 3600,
        "options": {"queue": CELERY_TASK_DEFAULT_QUEUE, "expires": 3600},
    },
    "back-up": {
        "task": "spinula.back_up",
        "schedule": _BACKUP_ASKED_S,
        "options": {"queue": CELERY_TASK_DEFAULT_QUEUE, "expires": _BACKUP_ASKED_S},
    },
}
