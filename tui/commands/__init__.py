"""podtop for scripts: one response as JSON, CSV or a table; stop, resume and terminate, which ask first; completions.

Nothing here imports a screen. The full screen's start imports only `exit_codes`, `frame`, `parser` and `stdio`.
"""
