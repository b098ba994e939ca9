"""Where notifications go, one module each: `sink(means)` returns the sender, or None if that sink is off.

To add one: its module here, and its settings and its name in `config/settings.py` (`Notify`, `SINKS`).
"""
