"""The printable report of an experiment: one content, as a page and as a PDF."""
