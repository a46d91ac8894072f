"""The terraform or tofu binary: found, initialised, and its events understood."""
