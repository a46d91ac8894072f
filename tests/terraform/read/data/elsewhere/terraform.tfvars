vpc_id  = "vpc-0123456789abcdef0"
subnets = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
sg      = ["sg-0123456789abcdef0"]
profile = "arn:aws:iam::123456789012:instance-profile/ecsInstanceRole"
