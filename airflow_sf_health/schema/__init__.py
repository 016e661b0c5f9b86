"""What an object looks like to one user, what a task uses of it, and what a change of it means for that task. Pure values."""
