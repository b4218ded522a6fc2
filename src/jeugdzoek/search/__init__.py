"""Query → candidates → hits."""
