"""Comparing conditions with the animal as the unit. Plain numpy, scipy and statsmodels; no Django, no Celery."""
