"""One answer to "is this stack ready": gates an apply by findings and by credentials."""
