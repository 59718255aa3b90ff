"""Work that is long: a row, a task, a result that is kept. See `asking` for the rule what is long."""
