"""Widgets that depend on values and messages alone, and not on their source."""
