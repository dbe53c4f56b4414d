"""What is known about models: a snapshot, Crush's own cache, a refresh on request."""
