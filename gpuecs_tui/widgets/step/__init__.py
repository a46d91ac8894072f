"""A step of the wizard: header, help, keys and common functions."""
