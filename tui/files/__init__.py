"""Reading and writing of small files: bounded, private, locked."""
