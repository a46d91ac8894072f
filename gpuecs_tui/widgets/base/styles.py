"""Styles for parts of a text; a share of the foreground, which also works without colours.

The theme's ``$text-muted`` is an automatic colour that keeps its share in style sheets only.
"""

MUTED = "$foreground 65%"
"""For what explains."""
FAINT = "$foreground 45%"
"""For what isn't there yet, or can't be used."""
