"""How a report is said: as text for people, as a payload for machines. Nothing is decided here."""
