"""How it is written, read back and run: jinja2, python-hcl2 and subprocess live here only."""
