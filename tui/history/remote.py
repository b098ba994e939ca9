"""History from a Prometheus-compatible server: its place; all history comes from the archive so far."""
