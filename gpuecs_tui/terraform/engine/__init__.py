"""The terraform or tofu program: how it is found and initialized, and its events."""
