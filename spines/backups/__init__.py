"""Backups: the database as one moment had it, every stored file once, and the way back.

`making` writes one, `restoring` reads one into an empty database and storage; `tables` moves rows, `files` keeps stored
files by their content, `described` is what a backup says of itself. No program of PostgreSQL is needed: rows go through
COPY, so that another major version, and a server that is not ours, take them.
"""
