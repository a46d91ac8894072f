"""``status``: whether the deployed service is healthy, and if not, why."""
