"""A lab's settings: who is in it, and what it consents to."""
