# An ECS stack as people wrote it in 2022: one file, other habits, the same resources.

variable "region" { default = "us-east-1" }
variable "vpc_id" {}
variable "subnets" { type = list(string) }
variable "sg" { type = list(string) }
variable "profile" {}
variable "max" { default = 3 }

locals {
  env   = "prod"
  stem  = "inference-${local.env}"
  roles = { execution = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole" }
}

provider "aws" {
  region = var.region
}

data "aws_iam_role" "ecs" {
  name = "ecsTaskExecutionRole"
}

resource "aws_ecs_cluster" "this" {
  name = local.stem
}

resource "aws_ecs_task_definition" "this" {
  family                   = "${local.stem}-task"
  requires_compatibilities = ["EC2"]
  network_mode             = "bridge"
  cpu                      = 4096
  memory                   = "15742"
  execution_role_arn       = data.aws_iam_role.ecs.arn
  task_role_arn            = local.roles["execution"]

  container_definitions = <<JSON
[
  {
    "name": "inference",
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/inference:1",
    "cpu": 4096,
    "memory": 15360,
    "essential": true,
    "portMappings": [{ "containerPort": 8000, "hostPort": 80, "protocol": "tcp" }],
    "environment": [{ "name": "NVIDIA_DRIVER_CAPABILITIES", "value": "all" }],
    "linuxParameters": { "capabilities": { "add": ["SYS_ADMIN"] } },
    "resourceRequirements": [{ "type": "GPU", "value": "1" }],
    "logConfiguration": {
      "logDriver": "awslogs",
      "options": {
        "awslogs-group": "/ecs/inference",
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "ecs"
      }
    }
  }
]
JSON
}

resource "aws_ecs_service" "this" {
  name                               = "inference-service"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = 1
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 30

  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.this.name
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  placement_constraints {
    type = "distinctInstance"
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = "inference"
    container_port   = 8000
  }

  lifecycle {
    ignore_changes = [task_definition, desired_count, capacity_provider_strategy]
  }
}

resource "aws_lb" "this" {
  name               = "${local.stem}-alb"
  internal           = true
  load_balancer_type = "application"
  security_groups    = var.sg
  subnets            = var.subnets
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = "80"
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_lb_target_group" "this" {
  name                 = "${local.stem}-tg"
  port                 = 80
  protocol             = "HTTP"
  vpc_id               = var.vpc_id
  deregistration_delay = 60

  health_check {
    healthy_threshold   = "5"
    interval            = "5"
    matcher             = "200"
    path                = "/health"
    timeout             = "2"
    unhealthy_threshold = "2"
  }
}

resource "aws_ecs_capacity_provider" "this" {
  name = "inference-cp"

  auto_scaling_group_provider {
    auto_scaling_group_arn         = aws_autoscaling_group.this.arn
    managed_termination_protection = "DISABLED"

    managed_scaling {
      status                    = "ENABLED"
      target_capacity           = 100
      minimum_scaling_step_size = 1
      maximum_scaling_step_size = 10000
    }
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = [aws_ecs_capacity_provider.this.name]
}

resource "aws_autoscaling_group" "this" {
  name                      = "inference-asg"
  min_size                  = 1
  max_size                  = var.max
  desired_capacity          = 1
  vpc_zone_identifier       = var.subnets
  health_check_grace_period = 0

  launch_template {
    id      = aws_launch_template.this.id
    version = "$Latest"
  }

  tag {
    key                 = "AmazonECSManaged"
    value               = ""
    propagate_at_launch = true
  }

  lifecycle {
    ignore_changes = [desired_capacity]
  }
}

resource "aws_launch_template" "this" {
  name                   = "inference-lt"
  image_id               = "ami-0123456789abcdef0"
  instance_type          = "g4dn.xlarge"
  key_name               = "ops"
  vpc_security_group_ids = var.sg

  iam_instance_profile {
    arn = var.profile
  }

  user_data = base64encode(<<EOF
#!/bin/bash
echo ECS_CLUSTER=${aws_ecs_cluster.this.name} >> /etc/ecs/ecs.config
EOF
  )
}
