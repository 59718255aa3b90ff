"""What people say of results, and undoing it."""
