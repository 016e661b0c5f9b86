"""The session: can a token be had, and by which door."""
