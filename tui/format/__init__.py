"""Numbers as text, and how wide a text is on a terminal."""
