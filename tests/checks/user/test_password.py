"""Check user.password."""
