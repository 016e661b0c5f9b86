"""Check org.state."""
