"""What is known: needs (typed questions), their gathering in few calls, and the answers."""
