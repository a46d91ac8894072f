"""A directory of Terraform files as a stack."""
