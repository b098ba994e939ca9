"""Values that renderers make and widgets draw: cells, roles, empty states."""
