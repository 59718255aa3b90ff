"""Annotated images, read and changed, for both networks."""
