"""Calls that change a running service without Terraform, and the effects of each of them."""
