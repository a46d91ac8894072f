name   = "inference"
region = "us-east-1"
tags   = {}

vpc_id                           = "vpc-7cdcaf29d4f33a2f7"
instance_subnet_ids              = ["subnet-d8a9cc157fb13c471", "subnet-9342e4a4b43d99d35"]
load_balancer_subnet_ids         = ["subnet-d8a9cc157fb13c471", "subnet-9342e4a4b43d99d35"]
instance_security_group_ids      = ["sg-e5b9f0007bb2bdd00"]
load_balancer_security_group_ids = ["sg-4cafcc572bbd0f8d1"]

instance_type        = "g4dn.xlarge"
ami                  = "ami-0ca77a28d8801702a"
min_size             = 1
max_size             = 2
initial_size         = 1
key_name             = "ops-2026"
instance_profile_arn = "arn:aws:iam::123456789012:instance-profile/ecsInstanceRole"

image              = "123456789012.dkr.ecr.us-east-1.amazonaws.com/inference:1"
cpu                = 4096
memory             = 15742
execution_role_arn = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole"
task_role_arn      = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole"

desired_count = 1
