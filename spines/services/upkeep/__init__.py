"""Keeping rows and files in agreement."""
