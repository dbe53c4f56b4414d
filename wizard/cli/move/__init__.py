"""To another machine, another format, from another tool."""
