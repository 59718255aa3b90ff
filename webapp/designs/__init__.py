"""The Design page of an experiment: what it compares, what can be told with it, its conditions."""
