"""Terminal output: changed cells only, paced, in the colours the terminal has."""
