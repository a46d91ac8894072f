"""A module for each screen, and a style sheet of the same name where it needs styles."""
