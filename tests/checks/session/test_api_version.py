"""Check session.api_version."""
