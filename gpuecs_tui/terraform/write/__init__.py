"""Write a stack into a directory: merged with manual changes, all files or none."""
