"""The steps after a key: dialogs in sequence, up to a service."""
