"""Classes from examples: learnt from what people named, looked at, applied, undone."""
