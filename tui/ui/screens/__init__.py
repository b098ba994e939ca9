"""Screens: they read the store and update the widgets."""
