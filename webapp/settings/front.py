"""How long a client is waited for, and how many requests are worked on at once. `webapp.front` holds it."""

from .environment import env

__all__ = [
    "SPINULA_PAGE_THREADS",
    "SPINULA_UPLOAD_THREADS",
    "SPINULA_MOST_WAITING",
    "SPINULA_HEAD_TIMEOUT_S",
    "SPINULA_CLIENT_IDLE_S",
    "SPINULA_LEAST_BYTES_PER_S",
    "SPINULA_ANSWER_BUFFER_MB",
    "SPINULA_WEB_PROCESSES",
]

SPINULA_WEB_PROCESSES = env.int("SPINULA_WEB_PROCESSES", default=2)
SPINULA_PAGE_THREADS = env.int("SPINULA_PAGE_THREADS", default=8)
SPINULA_UPLOAD_THREADS = env.int("SPINULA_UPLOAD_THREADS", default=8)
SPINULA_MOST_WAITING = env.int("SPINULA_MOST_WAITING", default=200)
SPINULA_HEAD_TIMEOUT_S = env.int("SPINULA_HEAD_TIMEOUT_S", default=15)
SPINULA_CLIENT_IDLE_S = env.float("SPINULA_CLIENT_IDLE_S", default=20.0)
SPINULA_LEAST_BYTES_PER_S = env.float("SPINULA_LEAST_BYTES_PER_S", default=2000.0)
SPINULA_ANSWER_BUFFER_MB = env.int("SPINULA_ANSWER_BUFFER_MB", default=64)
