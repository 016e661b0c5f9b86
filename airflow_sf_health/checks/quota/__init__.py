"""Whether what the task is going to do fits in what the org has left."""
