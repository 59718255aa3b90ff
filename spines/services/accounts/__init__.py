"""What programs sign in with."""
