"""The queue and its history."""
