class ServeError(Exception):
    """Spinula cannot start or go on. The text is the sentence that the person at the terminal reads."""
