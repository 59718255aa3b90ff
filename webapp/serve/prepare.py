"""Bring the database up to date and register the networks: one process, as importing Django costs a second."""

import django
from django.core.management import CommandError, call_command


def main() -> None:
    """Exit with the command's sentence when one fails."""
    django.setup()
    try:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("register_models")
    except CommandError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
