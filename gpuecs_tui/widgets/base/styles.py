"""Styles for parts of a text: shares of the foreground colour, which also work without colours.

The theme's ``$text-muted`` is an automatic colour, whose share is lost outside style sheets.
"""

MUTED = "$foreground 65%"
"""Style for explanations."""
FAINT = "$foreground 45%"
"""Style for parts that don't exist yet or are not available."""
