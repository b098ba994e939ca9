"""Numbers as text, and the width of text on a terminal."""
