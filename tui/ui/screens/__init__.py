"""Screens: they read the store and tell the widgets."""
