"""Commands that act on the deployed service without a Terraform run."""
