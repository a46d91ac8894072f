"""The two stacks of the trials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SMALL = """\
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

locals {
  name  = "@NAME@"
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_cloudwatch_log_group" "first" {
  name = "/ecs/${local.name}-first"
}

resource "aws_cloudwatch_log_group" "last" {
  name       = "/ecs/${local.name}-last"
  depends_on = [aws_iam_instance_profile.this, aws_vpc_security_group_egress_rule.this]
}

resource "aws_iam_role" "this" {
  name               = local.name
  assume_role_policy = local.trust
}

resource "aws_iam_role" "second" {
  name               = "${local.name}-second"
  assume_role_policy = local.trust
  depends_on         = [aws_cloudwatch_log_group.first]
}

resource "aws_iam_role_policy_attachment" "this" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy" "this" {
  name = "logs"
  role = aws_iam_role.second.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "logs:PutLogEvents", Resource = "*" }]
  })
}

resource "aws_iam_instance_profile" "this" {
  name = local.name
  role = aws_iam_role.second.name
}

resource "aws_security_group" "this" {
  name_prefix = "${local.name}-"
  description = "Of a stack under faults"
  vpc_id      = "@VPC@"
  tags        = { Name = local.name }
}

resource "aws_vpc_security_group_egress_rule" "this" {
  security_group_id = aws_security_group.this.id
  description       = "Anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  security_group_id = aws_security_group.this.id
  description       = "Itself"
  cidr_ipv4         = "10.0.0.0/8"
  ip_protocol       = "tcp"
  from_port         = 8000
  to_port           = 8000
}

resource "aws_ecs_task_definition" "this" {
  family     = local.name
  depends_on = [aws_iam_role_policy.this]
  container_definitions = jsonencode([{
    name = "app", image = "busybox", memory = 64, cpu = 0, essential = true
    environment = [], mountPoints = [], portMappings = [], systemControls = [], volumesFrom = []
  }])
}
"""
"""Resources that are created quickly; a few of them depend on others. No load balancer."""

BACKEND = """\
terraform {
  backend "s3" {
    bucket         = "@BUCKET@"
    key            = "@NAME@/terraform.tfstate"
    region         = "us-east-1"
    use_lockfile   = true
    use_path_style = true
  }
}
"""


def write_small(folder: Path, name: str, vpc: str) -> None:
    """Write the small stack: 11 resources, applied in about 8 s with slow responses."""
    folder.mkdir()
    text = SMALL.replace("@NAME@", name).replace("@VPC@", vpc)
    (folder / "main.tf").write_text(text, "utf-8")


def write_full(folder: Path, name: str, answers: Mapping[str, Any]) -> None:
    """Write a stack of the product: a service behind a load balancer, applied in 80 s or more."""
    from gpuecs_tui.commands.stack_source import subject_of
    from gpuecs_tui.terraform.render.stack_files import render

    folder.mkdir()
    for path, text in render(subject_of({**answers, "stack.name": name}).stack).items():
        (folder / path).write_text(text, "utf-8")


def write_backend(folder: Path, name: str, bucket: str) -> None:
    """Configure a bucket for the stack's state and its lock."""
    text = BACKEND.replace("@NAME@", name).replace("@BUCKET@", bucket)
    (folder / "backend.tf").write_text(text, "utf-8")
