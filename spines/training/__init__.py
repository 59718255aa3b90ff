"""What a training may be asked for: recipes, what overrides them, the packages it needs. Plain Python."""
