"""The files podtop stores for its user: drafts, leases, watches, preferences, the audit log, the application log."""
