"""Dutch text → terms."""
