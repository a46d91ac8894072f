"""A state moved from one backend to another (terraform init -migrate-state)."""
