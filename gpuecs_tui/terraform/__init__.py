"""Write the Terraform of a stack, read it back and run it. Only this package uses jinja2."""
