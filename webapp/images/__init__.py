"""One image: the picture with its spines, and the pictures that pages show of it."""
