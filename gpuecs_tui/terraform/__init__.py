"""How it is written, read back and run: jinja2 and subprocess live here only."""
