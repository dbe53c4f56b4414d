CREATE TABLE providers (id TEXT PRIMARY KEY, app_type TEXT, name TEXT, settings_config TEXT);
INSERT INTO providers VALUES ('a', 'claude', 'One', '{"env": {"ANTHROPIC_BASE_URL": "https://one.example", "ANTHROPIC_AUTH_TOKEN": "sk-canary-0123456789abcdef", "ANTHROPIC_MODEL": "m"}}');
INSERT INTO providers VALUES ('b', 'claude', 'Two', '{"env": {"ANTHROPIC_BASE_URL": "https://two.example", "ANTHROPIC_AUTH_TOKEN": "sk-canary-0123456789abcdef-2", "ANTHROPIC_MODEL": "m"}}');
INSERT INTO providers VALUES ('c', 'claude', 'Claude Official', '{"env": {}}');
