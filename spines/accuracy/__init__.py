"""How well measures agree with known truth. Plain numpy; no Django."""
