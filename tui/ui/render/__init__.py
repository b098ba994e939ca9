"""Renderers from rows to cells and facts: pure functions, and the texts of the screens."""
