"""One screen, one module and one style sheet of the same name."""
