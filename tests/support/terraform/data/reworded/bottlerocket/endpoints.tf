data "aws_vpc" "this" {
  id = var.vpc_id
}

data "aws_partition" "this" {}

data "aws_subnet" "instances" {
  for_each = toset(var.instance_subnet_ids)

  id = each.value
}

locals {
  # An interface endpoint takes one subnet of a zone.
  subnets_by_zone = {
    for id in var.instance_subnet_ids : data.aws_subnet.instances[id].availability_zone => id...
  }
  endpoint_subnet_ids = [for ids in values(local.subnets_by_zone) : ids[0]]

  # A VPC may have more address ranges than its first.
  vpc_cidrs = [
    for block in data.aws_vpc.this.cidr_block_associations : block.cidr_block if block.state == "associated"
  ]
}

resource "aws_security_group" "endpoints" {
  name_prefix = "${var.name}-endpoints-"
  description = "VPC endpoints of an ECS cluster"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-endpoints" }

  # A group in use can't be deleted, so its successor comes first.
  lifecycle {
    create_before_destroy = true
  }
}

# Private DNS answers the whole VPC: whoever else in it uses one of these services comes here too.
resource "aws_vpc_security_group_ingress_rule" "endpoints_from_vpc" {
  for_each = toset(local.vpc_cidrs)

  security_group_id = aws_security_group.endpoints.id
  description       = "AWS APIs, for everybody in the VPC"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_endpoint" "interface" {
  for_each = toset(["ecs", "ecr.api", "ecr.dkr"])

  vpc_id = var.vpc_id
  # In this partition only the names of ECR's endpoint services begin with the reversed domain.
  service_name        = "${startswith(each.value, "ecr.") ? data.aws_partition.this.reverse_dns_prefix : "com.amazonaws"}.${var.region}.${each.value}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = local.endpoint_subnet_ids
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  tags                = { Name = "${var.name}-${each.value}" }

  lifecycle {
    precondition {
      condition     = data.aws_vpc.this.enable_dns_support && data.aws_vpc.this.enable_dns_hostnames
      error_message = "Private DNS of VPC endpoints needs the VPC's DNS support and DNS hostnames; enable both."
    }
  }
}

data "aws_route_tables" "instances" {
  for_each = toset(var.instance_subnet_ids)

  vpc_id = var.vpc_id

  filter {
    name   = "association.subnet-id"
    values = [each.value]
  }
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  tags              = { Name = "${var.name}-s3" }

  # A subnet without a route table of its own uses the VPC's main one.
  route_table_ids = distinct(flatten([
    for found in data.aws_route_tables.instances : coalescelist(found.ids, [data.aws_vpc.this.main_route_table_id])
  ]))
}
