"""Task scaling: its answers, and what else in a directory scales."""
