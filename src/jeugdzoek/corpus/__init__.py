"""Files of reports → Report → Passage."""
