"""The images of an experiment, and one of them."""
