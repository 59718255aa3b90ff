"""How far analyses are, what changed between them, what a threshold gives."""
