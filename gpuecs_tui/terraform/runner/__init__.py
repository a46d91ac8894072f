"""The runner process: it plans or applies with Terraform and records every event."""
