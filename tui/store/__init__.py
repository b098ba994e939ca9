"""Pure state and rules: no HTTP, no Textual, no clock of its own."""
