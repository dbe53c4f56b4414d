"""crush.json."""
