"""The archive: one SQLite file in which an account's past is kept. Blocking: called in a thread of its own.

A poll is written as one row. A quarter of an hour of polls is packed into a block for each pod, and after 48 hours
six hours of blocks into one of minutes, which is dropped after 30 days: of watched time, as
`compaction.kept_since` counts it. Everything else is written when it changes.
"""
