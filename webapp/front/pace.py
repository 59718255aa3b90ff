"""How slow a client may be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

Result = TypeVar("Result")


class TooSlow(Exception):
    """The client sends or takes less than it must."""


@dataclass(kw_only=True)
class Pace:
    """Waits for a client, as long as it keeps a least rate over all and never stops for long.

    A client has `idle_s` for each step, and `idle_s` once more for what it is late against `least_bytes_per_s`.
    """

    idle_s: float
    least_bytes_per_s: float
    _began: float = field(default_factory=time.monotonic)
    _bytes: int = 0

    def moved(self, count: int) -> None:
        """So many bytes went over."""
        self._bytes += count

    async def wait(self, step: Awaitable[Result]) -> Result:
        """The result of the step. Raises TooSlow where it does not come in time."""
        late_s = time.monotonic() - self._began - self._bytes / self.least_bytes_per_s
        try:
            async with asyncio.timeout(min(self.idle_s, max(0.0, 2 * self.idle_s - late_s))):
                return await step
        except TimeoutError as error:
            raise TooSlow from error
