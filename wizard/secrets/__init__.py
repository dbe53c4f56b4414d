"""Where keys live: the stores, and the names of what they hold."""
