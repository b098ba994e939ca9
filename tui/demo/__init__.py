"""A simulated RunPod: the real schema executed over a seeded world with an injected clock."""
