"""What changes rows. Keyword-only; permission, then precondition, then one transaction with its audit."""
