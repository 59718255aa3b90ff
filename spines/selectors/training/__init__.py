"""Training runs, to read."""
