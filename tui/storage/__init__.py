"""The files podtop keeps for its user: drafts, leases, watches, preferences, the audit log, the application log."""
