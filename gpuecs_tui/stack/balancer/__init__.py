"""The load balancer: its keys, and the TLS policies of AWS."""
