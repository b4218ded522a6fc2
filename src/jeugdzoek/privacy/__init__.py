"""What must not leave a report, and who may see it."""
