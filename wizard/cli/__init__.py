"""What is typed: the app, shared flags, and one folder a noun with one file a verb. No other room imports it."""
