name   = "own"
region = "us-east-1"
tags = {
  team = "ml"
}

vpc_id                           = "vpc-7cdcaf29d4f33a2f7"
instance_subnet_ids              = ["subnet-d8a9cc157fb13c471", "subnet-9342e4a4b43d99d35"]
load_balancer_subnet_ids         = ["subnet-d8a9cc157fb13c471", "subnet-9342e4a4b43d99d35"]
instance_security_group_ids      = ["sg-e5b9f0007bb2bdd00"]
load_balancer_security_group_ids = ["sg-3079261e36e2293c2"]

instance_type        = "g5.12xlarge"
min_size             = 0
max_size             = 2
initial_size         = 1
instance_profile_arn = "arn:aws:iam::123456789012:instance-profile/ecsInstanceRole"

image              = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-server:2.4.1"
cpu                = 12288
memory             = 45465
execution_role_arn = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole"
task_role_arn      = "arn:aws:iam::123456789012:role/llm-server-task"

desired_count = 4

certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/8df05b34-b129-4a47-9207-7c1f15d6d46b"
