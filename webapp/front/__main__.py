"""`python -m webapp.front HOST PORT`: serve the pages, by the settings of the environment, until a signal."""

import resource
import sys

from django.conf import settings
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

STOP_S = 5


def main(host: str, port: str) -> None:
    """Serve, and start a process again that dies."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))  # a connection is a file
    Granian(
        "webapp.asgi:application",
        address=host,
        port=int(port),
        interface=Interfaces.ASGINL,
        workers=settings.SPINULA_WEB_PROCESSES,
        http=HTTPModes.http1,
        websockets=False,
        backlog=2048,
        backpressure=16_384,
        http1_settings=HTTP1Settings(
            header_read_timeout=settings.SPINULA_HEAD_TIMEOUT_S * 1000, max_buffer_size=65_536
        ),
        respawn_failed_workers=True,
        respawn_interval=1,
        workers_kill_timeout=STOP_S,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main(*sys.argv[1:3])
