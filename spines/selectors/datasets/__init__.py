"""What datasets are made of."""
