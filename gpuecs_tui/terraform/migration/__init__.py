"""Move a state from one backend to another (terraform init -migrate-state)."""
