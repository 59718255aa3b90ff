"""Image files taken in, and how they are read, shown and counted."""
