"""What is written: Terraform and user data, as jinja2 templates."""
