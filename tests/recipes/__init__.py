"""Each recipe of `tui/README.md` is proven: a toy is added to a copy of podtop in the files it names, and works."""
