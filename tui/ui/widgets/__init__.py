"""Widgets that know values and messages, and nothing of where they come from."""
