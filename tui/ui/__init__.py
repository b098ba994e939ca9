"""Everything that Textual draws."""
