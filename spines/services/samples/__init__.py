"""Which animal, cell and condition an image is of."""
