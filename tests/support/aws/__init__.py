"""AWS's answers, made up, and servers that give them."""
