"""Rules about subnets, routes, endpoints, ports and security groups."""
