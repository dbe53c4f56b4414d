"""What can be wrong with a set-up, as a list of checks: code, severity, how it is found, how it is cured."""
