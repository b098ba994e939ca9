"""What any backend over HTTP needs: safe addresses, proxies, bounded bodies, failures as errors, clean text."""
