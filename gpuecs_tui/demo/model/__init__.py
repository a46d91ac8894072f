"""What the demo account implements in addition to moto: quotas, prices, placement and tasks."""
