"""Where a Terraform state lies and what it holds."""
