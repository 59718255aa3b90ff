"""Training runs asked for and carried out."""
