"""The supervisor: children stop in order, come back when they die, and never outlive it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from webapp.serve import pulses
from webapp.serve.errors import ServeError
from webapp.serve.processes import Program
from webapp.serve.programs import Options
from webapp.serve.pulses import AnswerPulse, FilePulse
from webapp.serve.state import State
from webapp.serve.supervisor import Supervisor

pytestmark = pytest.mark.long

# A supervisor over a "database" that others need, a "page" that notes its own end, and a process below the page.
SCRIPT = """
import sys
from pathlib import Path
from webapp.serve.processes import Program
from webapp.serve.supervisor import Stopped, Supervisor

CHILD = '''
import os, signal, subprocess, sys, time
name = sys.argv[1]
def end(*_):
    print("ends", name, flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
if name == "page":
    subprocess.Popen(["sleep", "600"])
print("started", name, flush=True)
time.sleep(600)
'''
supervisor = Supervisor()
with supervisor.signals():
    try:
        for name in ("database", "page"):
            arguments = (sys.executable, "-c", CHILD, name)
            supervisor.start(Program(name=name, arguments=arguments, needed_to_stop=name == "database"))
        supervisor.watch()
    except Stopped:
        pass
    finally:
        supervisor.stop()
"""


def start_supervisor(folder: Path, *, through_parent: bool = False) -> tuple[subprocess.Popen[bytes], Path]:
    """A supervisor in a process of its own, or below one that waits for it; and the file it prints to."""
    output = folder / "output.txt"
    command = [sys.executable, "-c", SCRIPT]
    if through_parent:
        command = [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])", *command]
    with output.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file), output


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    """Fail unless it becomes true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.05)


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The process and all below it."""
    top = psutil.Process(process.pid)
    return [top, *top.children(recursive=True)]


def all_started(output: Path) -> bool:
    """Whether both children have said so."""
    return output.read_text().count("started") >= 2


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_page_before_the_database(tmp_path: Path, asked: signal.Signals) -> None:
    supervisor, output = start_supervisor(tmp_path)
    wait_for(lambda: all_started(output))
    processes = family(supervisor)
    assert len(processes) == 4
    supervisor.send_signal(asked)
    assert supervisor.wait(30) == 0
    assert not psutil.wait_procs(processes, timeout=10)[1]
    text = output.read_text()
    assert text.index("ends page") < text.index("ends database")


def test_a_killed_supervisor_leaves_no_child(tmp_path: Path) -> None:
    supervisor, output = start_supervisor(tmp_path)
    wait_for(lambda: all_started(output))
    children = psutil.Process(supervisor.pid).children()
    supervisor.kill()
    supervisor.wait(10)
    assert not psutil.wait_procs(children, timeout=10)[1]


def test_the_death_of_its_parent_stops_everything(tmp_path: Path) -> None:
    parent, output = start_supervisor(tmp_path, through_parent=True)
    wait_for(lambda: all_started(output))
    processes = family(parent)
    parent.kill()
    parent.wait(10)
    assert not psutil.wait_procs(processes, timeout=30)[1]


def test_a_child_that_dies_is_started_again_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "starts"
    script = f"open({str(note)!r}, 'a').write('x'); import time; time.sleep(600)"
    supervisor = Supervisor()
    others = set(psutil.Process().children())  # servers and browser of the test run
    supervisor.start(Program(name="page", arguments=(sys.executable, "-c", script)))
    wait_for(note.exists)
    (child,) = set(psutil.Process().children()) - others
    child.kill()

    def started_again() -> bool:
        supervisor.watch(0.1)
        return note.read_text() == "xx"

    wait_for(started_again)
    supervisor.stop()
    assert "page ended with signal 9; starting it again." in capsys.readouterr().out


def test_a_child_that_never_stays_up_ends_it_with_a_sentence() -> None:
    supervisor = Supervisor()
    supervisor.start(Program(name="page", arguments=(sys.executable, "-c", "raise SystemExit(3)")))
    with pytest.raises(ServeError, match="page ended with code 3, again and again"):
        supervisor.watch(60)
    supervisor.stop()


def test_a_command_that_fails_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    program = Program(name="prepare", arguments=(sys.executable, "-c", "raise SystemExit('No network is there.')"))
    with pytest.raises(ServeError, match="`prepare` failed with code 1"):
        Supervisor().run(program)
    assert "prepare | No network is there." in capsys.readouterr().out


def test_a_state_folder_serves_one_run_at_a_time(tmp_path: Path) -> None:
    first, second = State(tmp_path / "state"), State(tmp_path / "state")
    first.open()
    with pytest.raises(ServeError, match=f"already runs on .* \\(process {os.getpid()}\\)"):
        second.open()
    first.close()
    second.open()
    second.close()


def test_who_does_not_have_the_lock_touches_nothing_of_the_run(tmp_path: Path) -> None:
    first, second = State(tmp_path / "state"), State(tmp_path / "state")
    first.open()
    first.describe_run({"DATABASE_URL": "postgresql://x"})
    sockets = first.new_socket_folder()
    with pytest.raises(ServeError, match="already runs"):
        second.open()
    second.close()
    assert (first.folder / "run.env").exists()
    assert sockets.is_dir()
    first.close()
    assert not (first.folder / "run.env").exists()
    assert not sockets.exists()


def test_a_child_killed_again_and_again_comes_back_later_each_time(tmp_path: Path) -> None:
    note = tmp_path / "starts"
    script = f"import time; open({str(note)!r}, 'a').write(f'{{time.monotonic()}}\\n'); time.sleep(600)"
    cleared: list[int] = []
    supervisor = Supervisor()
    others = set(psutil.Process().children())
    arguments = (sys.executable, "-c", script)
    supervisor.start(Program(name="database", arguments=arguments, clear=lambda: cleared.append(1)))
    for kills in range(1, 4):
        wait_for(lambda: note.exists() and note.read_text().count("\n") == kills)  # noqa: B023 - called at once
        (child,) = set(psutil.Process().children()) - others
        child.kill()
        end = time.monotonic() + 60
        while note.read_text().count("\n") == kills and time.monotonic() < end:
            supervisor.watch(0.1)
    starts = [float(line) for line in note.read_text().split()]
    supervisor.stop()
    assert len(starts) == 4
    assert starts[3] - starts[2] > 2  # half a second, one, two
    assert len(cleared) == 3


def test_a_child_that_hangs_is_ended_and_started_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note, pulse = tmp_path / "starts", FilePulse(tmp_path / "pulses" / "beat", most_s=2)
    script = f"open({str(note)!r}, 'a').write('x'); import time; time.sleep(600)"
    supervisor = Supervisor()
    supervisor.start(Program(name="beat", arguments=(sys.executable, "-c", script), pulse=pulse))
    wait_for(note.exists)

    def started_again() -> bool:
        supervisor.watch(0.1)
        return note.read_text() == "xx"

    wait_for(started_again)
    pulse.path.touch()
    supervisor.watch(1)
    supervisor.stop()
    assert note.read_text() == "xx"  # who shows life is left alone
    assert "beat has shown no life for" in capsys.readouterr().out


def test_a_server_that_does_not_answer_is_silent_and_one_that_does_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulses, "ASK_EVERY_S", 0.05)
    answers = [True]
    pulse = AnswerPulse(lambda: answers[0], most_s=60)
    pulse.begin()
    time.sleep(0.5)
    assert pulse.silent_s() < 0.4
    answers[0] = False
    wait_for(lambda: pulse.silent_s() > 0.5)


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServeError, match="cannot be used"):
        State(tmp_path / "file" / "state").open()


def test_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    state = State(tmp_path)
    secret = state.kept_secret("secret-key")
    assert len(secret) == 50
    assert state.kept_secret("secret-key") == secret
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ServeError, match="give a number from 1 to 65535"):
        Options.from_environment({"PORT": port})


def test_the_address_is_one_that_a_browser_can_open() -> None:
    assert Options.from_environment({}).address == "http://127.0.0.1:8000/"
    assert Options.from_environment({"HOST": "0.0.0.0", "PORT": "80"}).address == "http://127.0.0.1:80/"
    assert Options.from_environment({"HOST": "::1"}).address == "http://[::1]:8000/"
