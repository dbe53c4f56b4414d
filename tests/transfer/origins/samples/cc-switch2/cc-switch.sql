CREATE TABLE providers (id TEXT NOT NULL, app_type TEXT NOT NULL, name TEXT NOT NULL, settings_config TEXT NOT NULL, meta TEXT NOT NULL DEFAULT '{}', is_current BOOLEAN NOT NULL DEFAULT 0, PRIMARY KEY (id, app_type));
CREATE TABLE mcp_servers (id TEXT PRIMARY KEY, name TEXT NOT NULL, server_config TEXT NOT NULL);
INSERT INTO providers VALUES ('g1', 'gemini', 'Gem', '{"env": {"GEMINI_API_KEY": "sk-canary-0123456789abcdef", "GOOGLE_GEMINI_BASE_URL": "https://gem.example", "GEMINI_MODEL": "gemini-x"}}', '{}', 1);
INSERT INTO providers VALUES ('o1', 'opencode', 'Open', '{"npm": "@ai-sdk/openai-compatible", "options": {"baseURL": "https://open.example/v1", "apiKey": "sk-canary-0123456789abcdef-2"}, "models": {"o-1": {"name": "O One"}}}', '{}', 0);
