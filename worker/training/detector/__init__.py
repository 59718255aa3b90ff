"""The detector: its crops, network, training and export."""
