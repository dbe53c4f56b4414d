"""What stands in a value: $NAME, $(...), a key in plain text, and what `.env` adds. Nothing is ever run."""
