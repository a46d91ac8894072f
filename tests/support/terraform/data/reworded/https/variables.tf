variable "name" {
  description = "Name of the stack, the stem of every name in it. A new one replaces everything."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,22}[a-z0-9])$", var.name)) && !strcontains(var.name, "--")
    error_message = "The name must have 2 to 24 of a-z, 0-9 and single -, start with a letter and not end with a hyphen."
  }

  validation {
    condition     = !can(regex("^(internal-|aws|ecs|fargate)", var.name))
    error_message = "The name must not start with internal-, aws, ecs or fargate: AWS refuses such names."
  }
}

variable "region" {
  description = "AWS region of the stack."
  type        = string
}

variable "tags" {
  description = "Tags on everything that the stack creates."
  type        = map(string)
  default     = {}
}

variable "vpc_id" {
  description = "VPC that the stack stands in. Another VPC needs another stack: a load balancer can't change its VPC."
  type        = string
}

variable "instance_subnet_ids" {
  description = "Subnets of the GPU instances. They need a way out to ECS, ECR and CloudWatch Logs."
  type        = list(string)

  validation {
    condition     = length(var.instance_subnet_ids) >= 1
    error_message = "The instances need at least one subnet."
  }
}

variable "load_balancer_subnet_ids" {
  description = "Subnets of the load balancer, each in another zone."
  type        = list(string)

  validation {
    condition     = length(var.load_balancer_subnet_ids) >= 2
    error_message = "An Application Load Balancer needs subnets in at least two zones."
  }
}

variable "ingress_cidrs" {
  description = "IPv4 CIDR blocks whose addresses may reach the load balancer."
  type        = list(string)
}

variable "instance_type" {
  description = "EC2 instance type with NVIDIA GPUs. A task's cpu, memory and, in task.tf, its GPUs must fit on it."
  type        = string
}

variable "ami" {
  description = "ECS-optimized GPU image that the instances start from."
  type        = string
}

variable "min_size" {
  description = "Fewest instances."
  type        = number
}

variable "max_size" {
  description = "Most instances. A rolling update needs room for old and new tasks at once."
  type        = number

  validation {
    condition     = var.max_size >= var.min_size
    error_message = "max_size must not be less than min_size."
  }
}

variable "initial_size" {
  description = "Instances at creation. Afterwards the capacity provider decides."
  type        = number
}

variable "key_name" {
  description = "EC2 key pair for SSH to the instances. The stack itself opens no port 22."
  type        = string
}

variable "image" {
  description = "Docker image of the task. Pinned by its digest it can't change under a running service."
  type        = string
}

variable "cpu" {
  description = "CPU units of a task, 1024 for each vCPU."
  type        = number
}

variable "memory" {
  description = "Memory of a task in MiB. The ECS agent registers less than the instance's RAM."
  type        = number
}

variable "desired_count" {
  description = "Tasks of the service; only at its creation where service.tf ignores changes of the count."
  type        = number
}

variable "certificate_arn" {
  description = "ARN of the listener's certificate, issued in the stack's region."
  type        = string
}
