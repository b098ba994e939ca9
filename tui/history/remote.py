"""History from a Prometheus-compatible server: a placeholder; all history comes from the archive so far."""
