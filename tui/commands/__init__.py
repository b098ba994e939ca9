"""podtop for scripts: one answer as JSON, CSV or a table; stop, resume and terminate with a question; completions.

Nothing here knows a screen. `arguments` is all that the full screen's start imports of it.
"""
