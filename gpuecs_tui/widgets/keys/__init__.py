"""Keys: declared once as bindings, with their labels and the groups of the help."""
