"""Analyses asked for, carried out and written; thresholds that results follow."""
