"""Reader studies: drawn, answered, decided, closed."""
