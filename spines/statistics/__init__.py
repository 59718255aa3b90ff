"""Comparing conditions with the animal as the unit. Plain numpy and scipy; no Django, no Celery.

`design.Design` states what is compared, `layout.layout_of` what it can tell, `proposal.propose` makes one from facts.
`compare.compare_all` makes the table of tests from `types.Observation` and `types.SpineCount`, `reading.read_in_words`
reads it, `methods.methods_text` says how it was made.
"""
