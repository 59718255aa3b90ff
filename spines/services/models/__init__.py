"""The versions of the networks."""
