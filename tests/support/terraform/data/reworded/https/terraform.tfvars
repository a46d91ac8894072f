name   = "llm"
region = "us-east-1"
tags   = {}

vpc_id                   = "vpc-0123456789abcdef0"
instance_subnet_ids      = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
load_balancer_subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
ingress_cidrs            = ["10.0.0.0/8"]

instance_type = "g4dn.xlarge"
ami           = "ami-0123456789abcdef0"
min_size      = 0
max_size      = 2
initial_size  = 1
key_name      = "ops"

image  = "app:1"
cpu    = 4096
memory = 15155

desired_count = 1

certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b"
