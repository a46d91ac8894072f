"""The resources that the demo account contains at its start."""
