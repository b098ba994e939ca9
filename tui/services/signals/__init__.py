"""Signals of training runs: from logs, files and the machine of pods that the user has named in [signals]."""
