"""Features of the demo account that moto lacks: quotas, prices, placement and tasks."""
