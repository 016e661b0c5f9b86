"""What hook, operator, sensor and trigger have in common: from a connection id to a report, and from a report to what
the task does about it.
"""
