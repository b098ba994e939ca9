"""From rows to cells and facts: pure functions, and the words of the screens."""
