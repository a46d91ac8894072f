"""A list to choose from, with filter and details."""
