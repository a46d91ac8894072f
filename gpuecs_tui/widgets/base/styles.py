"""Styles for parts of a text; a share of the foreground, which also works without colours.

The theme's ``$text-muted`` is an automatic colour that keeps its share in style sheets only.
"""

MUTED = "$foreground 65%"
"""For explanations."""
FAINT = "$foreground 45%"
"""For parts that don't exist yet or are not available."""
