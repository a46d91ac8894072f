"""The location and the content of a Terraform state."""
