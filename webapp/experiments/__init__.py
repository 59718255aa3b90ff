"""An experiment's Images page: upload, samples, repair, analysis."""
