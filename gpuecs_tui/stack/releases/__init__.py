"""How ECS releases a new revision: the deployment strategies."""
