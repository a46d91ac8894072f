"""A step of the wizard: header, help, keys and what all steps do."""
