"""podtop for scripts: one response as JSON, CSV or a table; stop, resume and terminate, which ask first; completions.

Nothing here imports a screen. `arguments` is the only part that the full screen's start imports.
"""
