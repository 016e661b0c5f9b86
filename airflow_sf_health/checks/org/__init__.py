"""Which org answers."""
