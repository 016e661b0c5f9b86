"""Every state of the org, and every fault on the way to it, met by every login flow through every edge."""
