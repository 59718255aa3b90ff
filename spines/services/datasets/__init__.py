"""What networks are trained on: chosen, split, frozen, brought in."""
