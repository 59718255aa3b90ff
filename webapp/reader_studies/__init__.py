"""Reader studies: made, answered spine by spine, and what came of them."""
