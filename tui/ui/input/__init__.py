"""Keys, clicks and pastes on their way from the terminal to their targets."""
