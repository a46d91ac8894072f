"""The rows of each list: the values in the account that a field can have."""
