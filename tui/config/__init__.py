"""Settings: declared once, in `tables`; read, checked, written down and explained from there."""
