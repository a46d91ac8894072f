"""How many tasks fit on each instance type, and what each choice changes."""
