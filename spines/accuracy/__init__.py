"""How well tracing and measuring do on pictures whose truth is known. No Django."""
