"""Settings: declared once, in `settings`; read, checked, written and explained from there."""
