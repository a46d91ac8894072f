"""Rules about logs and metrics."""
