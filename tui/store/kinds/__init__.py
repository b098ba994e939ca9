"""The rows of the table of alerts, `tui.store.alert_kinds`, by what they are about."""
