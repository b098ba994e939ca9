"""Where notifications go, one module each: its place; `services/notifier.py` has them all so far."""
