"""Dendrites traced, spines measured: pixels and boxes in, micrometres out. Plain numpy; no Django, no Celery."""
