"""The causes for which a deployment does not complete, one module for each stage."""
