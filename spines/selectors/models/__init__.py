"""The versions of the networks, to read."""
