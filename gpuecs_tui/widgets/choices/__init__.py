"""The rows of each list: what the account offers for a field."""
