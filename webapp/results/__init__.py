"""What an experiment found: figures, charts, every spine, and the files to take away."""
