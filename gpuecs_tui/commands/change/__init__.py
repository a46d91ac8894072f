"""Commands that change a decision of the directory together with the running service."""
