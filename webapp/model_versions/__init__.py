"""Which networks made the numbers. Everyone who is signed in reads."""
