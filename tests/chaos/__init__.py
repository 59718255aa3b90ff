"""Everything that is not the program's fault, done to a running Spinula: `python -m tests.chaos`, `make chaos`."""
