"""The process of a run: plans or applies with Terraform, and records every event."""
