"""What is going on, in all labs of the user or in one."""
