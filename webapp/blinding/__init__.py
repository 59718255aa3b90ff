"""A blinded experiment as its raters see it, and the acts that begin and end that."""
