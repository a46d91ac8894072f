"""A saved plan: its changes, in words, and what they mean for the service."""
