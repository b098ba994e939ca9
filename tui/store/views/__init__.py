"""Read-only selections of the store as frozen rows and lines; no formatting."""
