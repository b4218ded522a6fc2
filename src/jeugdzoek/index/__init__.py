"""The index folder: build, store, open."""
