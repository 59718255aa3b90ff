"""The web pages: HTTP and nothing else."""
