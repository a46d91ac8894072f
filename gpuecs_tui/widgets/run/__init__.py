"""A run on screen: approval, progress, resources and advice."""
