"""The classifier: its windows, network, training and export."""
