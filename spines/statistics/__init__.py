"""Comparing conditions with the animal as the unit. Plain numpy, scipy and statsmodels; no Django, no Celery.

`compare.compare_all` makes the table of tests from `types.Observation` and `types.SpineCount`, `reading.read_in_words`
reads it, `methods.methods_text` says how it was made. Importing `compare` loads statsmodels, which takes seconds.
"""
