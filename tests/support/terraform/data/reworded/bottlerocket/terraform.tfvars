name   = "llm"
region = "cn-north-1"
tags   = {}

vpc_id                           = "vpc-0123456789abcdef0"
instance_subnet_ids              = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
load_balancer_subnet_ids         = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
instance_security_group_ids      = ["sg-0123456789abcdef0"]
load_balancer_security_group_ids = ["sg-0123456789abcdef0"]

instance_type        = "g4dn.xlarge"
min_size             = 0
max_size             = 2
initial_size         = 1
instance_profile_arn = "arn:aws:iam::123456789012:instance-profile/ecs"

image              = "app:1"
cpu                = 4096
memory             = 15155
execution_role_arn = "arn:aws:iam::123456789012:role/e"
task_role_arn      = "arn:aws:iam::123456789012:role/t"

desired_count = 1
