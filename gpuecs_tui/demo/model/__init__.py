"""What the emulated account knows beside moto: quotas, prices, placement and tasks."""
