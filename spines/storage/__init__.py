"""Stored files: as paths, as pixels, kept by their content."""
