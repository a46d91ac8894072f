"""The screens: each one is a module, with a style sheet of the same name if it needs styles."""
