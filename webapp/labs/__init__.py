"""A lab's settings: who is in it, its rules, what it consents to; and the tokens of the reader."""
