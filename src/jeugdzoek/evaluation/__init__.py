"""Topics, judgments, runs and what they measure."""
