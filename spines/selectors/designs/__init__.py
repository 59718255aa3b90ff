"""What an experiment compares: its stated design, a proposal from its facts, what can be told with it."""
