"""The integration user."""
