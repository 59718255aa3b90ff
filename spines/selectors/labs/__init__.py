"""What home and project pages tell."""
