"""A training run, from its claimed row to a candidate: a process of its own trains, another compares.

`run` is the way of a run, `process` starts and ends the processes, `progress` reads what they write, `folder`
says where it lies, `sentences` what the user reads when it fails.
"""
