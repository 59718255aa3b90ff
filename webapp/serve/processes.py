"""Children of the supervisor: started in a session of their own, and never left behind."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from spines.background.processes import die_with_parent, stand_back
from webapp.serve.pulses import Pulse


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, and how it is asked to stop.

    `log` receives the output; without it each line goes to whoever shows it, behind the program's name.
    `user_id` is who runs it when that is not the present user. `orphan_signal` is what Linux sends it when the
    supervisor is killed and can stop nothing any more.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = field(default_factory=Path.cwd)
    log: Path | None = None
    user_id: int | None = None
    group_id: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    orphan_signal: signal.Signals = signal.SIGTERM
    needed_to_stop: bool = False
    """Whether others need it until they have stopped, as they do a database."""
    clear: Callable[[], None] = lambda: None
    """Ends what an earlier run of it left, before it starts again."""
    pulse: Pulse | None = None
    """Its signs of life, where it can hang."""
    niceness: int = 0
    """How far it lets the others go first, 0 to 19."""


class Child:
    """A running program. Start it from the main thread: Linux ties its life to the thread that started it."""

    def __init__(self, program: Program, show: Callable[[str, str], None] | None = None) -> None:
        self.program = program
        self._reader: threading.Thread | None = None
        options: dict[str, Any] = {}
        if program.user_id is not None:
            options |= {"user": program.user_id, "group": program.group_id, "extra_groups": []}
        output: IO[bytes] | int = subprocess.PIPE if show is not None else subprocess.DEVNULL
        if program.log is not None:
            program.log.parent.mkdir(parents=True, exist_ok=True)
            output = program.log.open("ab")
        try:
            self.process = subprocess.Popen(
                program.arguments,
                env=dict(program.environment),
                cwd=program.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops them in order
                preexec_fn=_as_child(program),
                **options,
            )
        finally:
            if not isinstance(output, int):
                output.close()
        if self.process.stdout is not None and show is not None:
            self._reader = threading.Thread(target=self._show_lines, args=(show,), daemon=True)
            self._reader.start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -N when signal N ended it."""
        return self.process.poll()

    def ask_to_stop(self) -> None:
        """Send its stop signal, and do not wait."""
        if self.process.poll() is None:
            self.process.send_signal(self.program.stop_signal)

    def stop(self) -> None:
        """Ask it to stop, wait for `stop_seconds`, then end it and everything it started."""
        self.ask_to_stop()
        try:
            self.process.wait(self.program.stop_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.clear_up()

    def clear_up(self) -> None:
        """End what is left of its session, and show its last lines."""
        with suppress(ProcessLookupError, PermissionError):  # nothing is left of it
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self._reader is not None:
            self._reader.join(timeout=2)

    def _show_lines(self, show: Callable[[str, str], None]) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                show(self.program.name, line.decode(errors="replace").rstrip())


def _as_child(program: Program) -> Callable[[], None]:
    """What the child does before it becomes the program; made in the parent, whose death it is to share."""
    tie = die_with_parent(program.orphan_signal)

    def prepare() -> None:
        if program.niceness:
            stand_back(program.niceness)
        if tie is not None:
            tie()

    return prepare
