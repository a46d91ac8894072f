name   = "http-8080"
region = "us-east-1"
tags   = {}

vpc_id                   = "vpc-7cdcaf29d4f33a2f7"
instance_subnet_ids      = ["subnet-d8a9cc157fb13c471", "subnet-9342e4a4b43d99d35"]
load_balancer_subnet_ids = ["subnet-d8a9cc157fb13c471", "subnet-9342e4a4b43d99d35"]

instance_type = "g4dn.xlarge"
min_size      = 0
max_size      = 2
initial_size  = 1

image  = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-server:2.4.1"
cpu    = 4096
memory = 15155

desired_count = 1
