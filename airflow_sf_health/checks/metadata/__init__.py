"""The schema that the task and its mapping remember."""
