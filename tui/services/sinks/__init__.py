"""Where notifications go, one module each: `sink(means)` gives what sends them there, or None where that is not on.

To add one: its module here, and its settings and its name in `config/settings.py` (`Notify`, `SINKS`).
"""
