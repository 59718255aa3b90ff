"""Files that a lab takes away."""
