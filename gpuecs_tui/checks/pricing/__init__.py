"""What a stack costs per hour and month."""
