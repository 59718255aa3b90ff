"""Long work as its page shows it: how far it is, what came of it, the file to take."""
