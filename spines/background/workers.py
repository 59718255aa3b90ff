"""Which workers live: the marks that they leave in the broker, a key a queue, which outlive them by seconds."""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from redis import Redis

from spines.background.queue import QueueName

BROKER_TIMEOUT_S = 2
IDENTITY = secrets.token_bytes(8)
"""Of this worker: its children are forked with it, and their claims begin with it."""
ABLE = "able"
"""What a worker of the training queue marks besides, when it has the packages that training needs."""


def broker() -> Redis:
    """A connection that gives up soon: pages ask."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=BROKER_TIMEOUT_S, socket_connect_timeout=BROKER_TIMEOUT_S)


def mark_of(queue: str, *, able: bool = False) -> str:
    """The key that a worker of this queue keeps alive."""
    mark: str = settings.SPINULA_WORKER_KEY.format(queue=queue)
    return f"{mark}:{ABLE}" if able else mark


def listens(queue: QueueName, *, able: bool = False) -> bool:
    """Whether a worker left its mark during the last few seconds. Raises RedisError without a broker."""
    with broker() as server:
        return bool(server.exists(mark_of(queue, able=able)))


def mark_of_worker(identity: bytes = IDENTITY) -> str:
    """The key that one worker keeps alive."""
    return mark_of(f"one:{identity.hex()}")


def made_by_living(server: Redis, claim: uuid.UUID) -> bool:
    """Whether the worker that made a claim lives."""
    return bool(server.exists(mark_of_worker(claim.bytes[:8])))
