# Two variants of the stack at once: the minute that a load balancer takes is then waited for once.

terraform {
  backend "s3" {
    bucket       = "demo-terraform-state"
    key          = "proof/terraform.tfstate"
    region       = "us-east-1"
    use_lockfile = true
    encrypt      = true
  }
}

provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { Owner = "[ml] 推論 🚀" }
  }
}

variable "image" { type = string }
variable "certificate_arn" { type = string }

data "aws_vpc" "this" {
  tags = { Name = "ml-platform" }
}

data "aws_subnets" "private" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.this.id]
  }
  tags = { Name = "ml-platform-private-*" }
}

module "bridge" {
  source                   = "../stack"
  name                     = "gpu-bridge"
  vpc_id                   = data.aws_vpc.this.id
  subnet_ids               = data.aws_subnets.private.ids
  load_balancer_subnet_ids = data.aws_subnets.private.ids
  certificate_arn          = var.certificate_arn
  image                    = var.image
  desired_count            = 1
  initial_size             = 0
}

module "awsvpc" {
  source                   = "../stack"
  name                     = "gpu-awsvpc"
  vpc_id                   = data.aws_vpc.this.id
  subnet_ids               = data.aws_subnets.private.ids
  load_balancer_subnet_ids = data.aws_subnets.private.ids
  network_mode             = "awsvpc"
  spot                     = true
  instance_refresh         = true
  instance_type            = var.image == "app:1" ? "g5.xlarge" : "g5.2xlarge"
  image                    = var.image
  desired_count            = 2
  initial_size             = 2
}
