"""The archive: one SQLite file with an account's history. Blocking: call it in a separate thread.

A poll is written as one row. Fifteen minutes of polls are packed into one block per pod, and after 48 hours six hours
of blocks into one of minutes, which is dropped after 30 days: of watched time, as `compaction.kept_since` counts it.
Everything else is written when it changes.
"""
