"""HTTP for the rooms that ask endpoints and catalogues: limits, trust, proxies, what went wrong."""
