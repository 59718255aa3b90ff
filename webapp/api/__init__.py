"""The REST API: what a program does with a token of its user, under the same rules as the pages."""
