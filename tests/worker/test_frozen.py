"""A worker ends a child of its own that somebody stopped, and no other."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import psutil
import pytest

from worker import frozen


def test_a_child_that_stays_stopped_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    stopped, works = subprocess.Popen(command), subprocess.Popen(command)
    try:
        stopped.send_signal(signal.SIGSTOP)
        end = time.monotonic() + 20
        while psutil.Process(stopped.pid).status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < end
            time.sleep(0.05)
        children = frozen.FrozenChildren()
        children.end()
        assert stopped.poll() is None  # for a moment anybody may be stopped
        monkeypatch.setattr(frozen, "FROZEN_AFTER_S", 0.0)
        children.end()
        assert stopped.wait(10) == -signal.SIGKILL
        assert works.poll() is None
    finally:
        for child in (stopped, works):
            child.kill()
            child.wait()
