"""What follows a key: dialogs one after another, up to a service."""
