"""Stating what an experiment compares; its conditions ordered, renamed, merged."""
