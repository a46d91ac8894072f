resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/inference-task"
  retention_in_days = 30
}

resource "aws_ecs_task_definition" "this" {
  family                   = "inference-task"
  requires_compatibilities = ["EC2"]
  network_mode             = "bridge"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arn

  container_definitions = jsonencode([
    {
      name      = "inference"
      image     = var.image
      essential = true
      cpu       = var.cpu
      memory    = 15360

      # A string: ECS takes the number of GPUs as text.
      resourceRequirements = [
        { type = "GPU", value = "1" },
      ]

      portMappings = [
        {
          containerPort = 8000
          hostPort      = 80
          protocol      = "tcp"
        },
      ]

      environment = [
        { name = "NVIDIA_DRIVER_CAPABILITIES", value = "all" },
      ]

      secrets = []

      linuxParameters = {
        capabilities = { add = ["SYS_ADMIN"] }
      }

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = var.region
          awslogs-stream-prefix = "ecs"
        }
      }

      # ECS answers with these even if they are empty; written out, no plan takes that for a change.
      mountPoints = []
      volumesFrom = []
    },
  ])

  # The new revision is there before the old one is deregistered. The service stays on what it runs
  # until something other than Terraform moves it; ECS goes on scaling a deregistered revision.
  lifecycle {
    create_before_destroy = true
  }
}
