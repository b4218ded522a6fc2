"""HTTP: a page, an API and a search box for other pages."""
