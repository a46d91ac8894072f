"""Which instance type takes how many tasks, and what each choice changes."""
