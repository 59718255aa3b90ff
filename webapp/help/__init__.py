"""The help page: what the numbers mean."""
