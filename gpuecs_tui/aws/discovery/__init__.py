"""Read the account: networks, GPU types, quotas, roles, certificates, images and names."""
