"""The Review page of an experiment: its spines one by one."""
