"""A stack as Terraform files, from the templates."""
