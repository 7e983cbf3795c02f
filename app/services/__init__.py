"""Floor 3: what every module needs, one room each. Services never import modules; modules register with them."""
