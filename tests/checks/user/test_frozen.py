"""Check user.frozen."""
