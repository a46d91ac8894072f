"""Keys: declared once in bindings, with their words and the groups of the help."""
