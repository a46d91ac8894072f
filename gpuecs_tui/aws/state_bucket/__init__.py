"""The S3 bucket of a Terraform state: listed, created, read and locked."""
