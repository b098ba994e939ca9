"""The machine and its terminal: signals, child programs, the clipboard, ssh, multiplexers."""
