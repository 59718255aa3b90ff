"""Labs, their projects, experiments and class sets."""
