"""Small files, read and written with care: bounded, private, locked."""
