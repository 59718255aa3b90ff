"""An experiment's threshold: what it costs and gives, and setting it."""
