"""What who looks after an installation wants to know."""
