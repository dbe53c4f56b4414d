"""What other tools know about model providers, read from their own files. Nothing in them is run or followed."""
