"""What the account has: networks, GPU types, quotas, roles, certificates, images and names."""
