output "url" {
  description = "URL with the load balancer's own name, which the certificate does not cover. Clients need a name that it covers, with a CNAME or alias record to load_balancer_dns_name."
  value       = "https://${aws_lb.this.dns_name}"
}

output "load_balancer_dns_name" {
  description = "DNS name of the load balancer, for an alias record."
  value       = aws_lb.this.dns_name
}

output "load_balancer_zone_id" {
  description = "Hosted zone of the load balancer, for an alias record."
  value       = aws_lb.this.zone_id
}

output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_name" {
  description = "Name of the ECS service."
  value       = aws_ecs_service.this.name
}

output "task_definition_arn" {
  description = "Revision of the task definition that this configuration describes."
  value       = aws_ecs_task_definition.this.arn
}

output "target_group_arn" {
  description = "ARN of the target group."
  value       = aws_lb_target_group.this.arn
}

output "autoscaling_group_name" {
  description = "Name of the instances' Auto Scaling group."
  value       = aws_autoscaling_group.this.name
}

output "task_role_name" {
  description = "Role as which the task's code calls AWS, to attach policies to."
  value       = aws_iam_role.task.name
}

output "instance_security_group_id" {
  description = "Security group of the instances."
  value       = aws_security_group.instances.id
}

output "load_balancer_security_group_id" {
  description = "Security group of the load balancer."
  value       = aws_security_group.load_balancer.id
}

output "log_group_name" {
  description = "CloudWatch log group of the tasks."
  value       = aws_cloudwatch_log_group.this.name
}
