"""`python -m webapp.serve.restore FOLDER`: a backup onto this machine, before `make run` starts on it."""

import os
import sys
from dataclasses import replace

from webapp.serve import programs
from webapp.serve.__main__ import start_postgres
from webapp.serve.errors import ServeError
from webapp.serve.programs import Options
from webapp.serve.state import State
from webapp.serve.supervisor import Stopped, Supervisor

_NO_BROKER = "redis://127.0.0.1:1/0"


def main(arguments: list[str]) -> int:
    """Exit code 0 when all is back, 1 after a failure, whose sentence is printed."""
    supervisor = Supervisor()
    with supervisor.signals():
        state: State | None = None
        try:
            options = Options.from_environment(os.environ)
            state = State(options.state)
            state.open()
            restore(supervisor, replace(options, state=state.folder), state, arguments)
        except Stopped:
            return 1
        except ServeError as error:
            supervisor.say(f"Nothing was restored: {error}")
            return 1
        finally:
            supervisor.stop()
            if state is not None:
                state.close()
    supervisor.say("Start Spinula: make run")
    return 0


def restore(supervisor: Supervisor, options: Options, state: State, arguments: list[str]) -> None:
    """Start the database alone, run `manage.py restore`. The secrets of the backup come before a start makes others."""
    database_url = options.database_url or start_postgres(supervisor, state)
    environment = programs.child_environment(
        options,
        secret_key=os.environ.get("SPINULA_SECRET_KEY", "signs nothing while a backup is restored"),
        database_url=database_url,
        broker_url=options.broker_url or _NO_BROKER,
    )
    supervisor.run(programs.management("restore", environment, "restore", *arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
