"""A stack and its placement drawn as text."""
