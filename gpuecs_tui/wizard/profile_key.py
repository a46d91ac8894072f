"""The one field of the forms that is no decision of the stack."""

PROFILE = "account.profile"
"""Through which credentials the wizard reads the account."""
