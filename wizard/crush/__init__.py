"""What Crush makes of its files, told without running it (crush-behaviour 1 to 10)."""
