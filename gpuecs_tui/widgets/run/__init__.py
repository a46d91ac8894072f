"""A run on the screen: approval, progress, resources and advice."""
