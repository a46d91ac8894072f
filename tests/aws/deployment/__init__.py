"""Reading a deployed stack."""
