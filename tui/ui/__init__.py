"""Everything that Textual draws. Its words for numbers are those of `tui.format`, which scripts print as well."""

from tui import format as format
