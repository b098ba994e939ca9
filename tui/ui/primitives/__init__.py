"""Values that widgets draw and renderers make: cells, roles, empty states."""
