"""`python -m webapp.serve`: the whole of Spinula on one machine, in the foreground, stopped by one Ctrl-C.

`state` keeps what outlives a run, `embedded` describes the servers that come with the Python packages,
`processes` starts and stops children, `supervisor` watches them, `programs` says what the children are.
"""
