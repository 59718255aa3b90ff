"""Start everything, say where it is, and look after it until Ctrl-C."""

import errno
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import replace

from spines.training.packages import HOW_TO_INSTALL, missing_packages
from webapp.serve import programs
from webapp.serve.embedded import EmbeddedPostgres, free_port
from webapp.serve.embedded_valkey import EmbeddedValkey
from webapp.serve.errors import ServeError
from webapp.serve.programs import Options
from webapp.serve.state import State
from webapp.serve.supervisor import Stopped, Supervisor

_DEMO_PASSWORD_CHARACTERS = 12
_WEB_START_SECONDS = 180  # a small machine that has other work takes more than a minute


def main() -> int:
    """Exit code 0 after a stop that was asked for, 1 after a failure, whose sentence is printed."""
    supervisor = Supervisor()
    with supervisor.signals():
        state: State | None = None
        try:
            options = Options.from_environment(os.environ)
            check_port(options)
            state = State(options.state)
            state.open()
            serve(supervisor, replace(options, state=state.folder), state)
        except Stopped:
            return 0
        except ServeError as error:
            supervisor.say(f"Spinula stops: {error}")
            return 1
        finally:
            supervisor.say("Stopping …")
            supervisor.stop()
            if state is not None:
                state.close()
            supervisor.say("Stopped.")
    return 0


def serve(supervisor: Supervisor, options: Options, state: State) -> None:
    """Start the servers, the pages and the workers, make the demo, and watch. Leaves by Stopped or ServeError."""
    started_at = time.monotonic()
    database_url = options.database_url or start_postgres(supervisor, state)
    broker_url = options.broker_url or start_valkey(supervisor, state)
    environment = programs.child_environment(
        options,
        secret_key=state.kept_secret("secret-key"),
        database_url=database_url,
        broker_url=broker_url,
    )
    password = state.kept_secret("demo-password", characters=_DEMO_PASSWORD_CHARACTERS)
    kept = ("DATABASE_URL", "REDIS_URL", "SPINULA_SECRET_KEY", "SPINULA_HTTPS")
    state.describe_run({name: environment[name] for name in kept})

    supervisor.say("Bringing the database up to date …")
    supervisor.run(programs.prepare(environment))
    supervisor.say("Starting pages, analysis worker and beat …")
    supervisor.start(programs.web(options, environment))
    supervisor.start(programs.analysis_worker(environment))
    wait_for_pages(supervisor, options)
    supervisor.start(programs.beat(environment, state.folder / "beat-schedule"))
    start_training_worker(supervisor, environment)
    supervisor.say(f"Spinula answers at {options.address} after {time.monotonic() - started_at:.0f} s.")
    if options.everywhere:
        supervisor.say("Other machines can reach it too, without HTTPS: use this in a network you trust.")
    supervisor.say(f"\n    Open {options.address}\n    Sign in as  demo  with the password  {password}\n")
    supervisor.run(
        programs.management("administrator", environment, "first_administrator", "--address", options.address)
    )
    make_demo(supervisor, environment | {"SPINULA_DEMO_PASSWORD": password})
    supervisor.say(f"What you do is kept in {state.folder}. Ctrl-C stops everything.")
    supervisor.watch()


def start_training_worker(supervisor: Supervisor, environment: Mapping[str, str]) -> None:
    """Start it where the training packages are installed; else say how to get them."""
    if not programs.trains(environment):
        return
    if missing := missing_packages():
        supervisor.say(f"No training here ({', '.join(missing)} not installed): `{HOW_TO_INSTALL}`, then start again.")
        return
    supervisor.say("Starting training worker …")
    supervisor.start(programs.training_worker(environment))


def make_demo(supervisor: Supervisor, environment: Mapping[str, str]) -> None:
    """Make and analyse the demonstration, the first time. Without it Spinula still serves."""
    try:
        supervisor.run(programs.management("demo", environment, "make_demo", "--follow"))
    except ServeError as error:
        supervisor.say(f"There is no demonstration: {error}")


def start_postgres(supervisor: Supervisor, state: State) -> str:
    """Start the embedded PostgreSQL; its address."""
    server = EmbeddedPostgres(
        folder=state.folder / "postgres",
        socket_folder=state.new_socket_folder(),
        log=state.folder / "logs" / "postgresql.log",
    )
    if not server.folder.exists():
        supervisor.say("Making a new PostgreSQL database …")
    elif server.is_of_another_version:
        supervisor.say("Bringing the database to this version of PostgreSQL; the old one stays beside it …")
    supervisor.start(server.prepare(), server.wait)
    return server.url()


def start_valkey(supervisor: Supervisor, state: State) -> str:
    """Start the embedded Valkey; its address."""
    server = EmbeddedValkey(
        folder=state.folder / "valkey",
        port=free_port(),
        password=state.kept_secret("valkey-password"),
        log=state.folder / "logs" / "valkey.log",
    )
    supervisor.start(server.prepare(), server.wait)
    return server.url


def check_port(options: Options) -> None:
    """Raise ServeError with what to do when the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except OSError as error:
            raise ServeError(_why_not(options, error)) from error


def _why_not(options: Options, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {options.port} on {options.host} is used by another program. "
            f"Choose another: make run PORT={options.port + 1 if options.port < 65535 else 8000}"
        )
    if error.errno == errno.EACCES:
        return f"port {options.port} is kept for root. Choose one above 1023: make run PORT=8000"
    return f"{options.host} is not an address of this machine ({error.strerror}). Use HOST=127.0.0.1."


def wait_for_pages(supervisor: Supervisor, options: Options) -> None:
    """Wait until the pages answer."""
    end = time.monotonic() + _WEB_START_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(options.address + "sign-in/", timeout=5):  # noqa: S310 - our own http
                return
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            supervisor.watch(0.2)
    raise ServeError(f"the pages did not answer within {_WEB_START_SECONDS} s. What `web` printed above says why.")


if __name__ == "__main__":
    sys.exit(main())
