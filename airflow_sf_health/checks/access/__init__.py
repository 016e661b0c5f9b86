"""What the user may do."""
