"""The calls before Terraform's own destroy that keep it from waiting."""
