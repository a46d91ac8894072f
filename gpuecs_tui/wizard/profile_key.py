"""The only field of the forms that is not a decision of the stack."""

PROFILE = "account.profile"
"""The profile whose credentials the wizard uses to read the account."""
