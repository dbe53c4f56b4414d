CREATE TABLE providers (id TEXT NOT NULL, app_type TEXT NOT NULL, name TEXT NOT NULL, settings_config TEXT NOT NULL, meta TEXT NOT NULL DEFAULT '{}', is_current BOOLEAN NOT NULL DEFAULT 0, PRIMARY KEY (id, app_type));
CREATE TABLE mcp_servers (id TEXT PRIMARY KEY, name TEXT NOT NULL, server_config TEXT NOT NULL);
INSERT INTO providers VALUES ('p1', 'claude', 'Acme', '{"env": {"ANTHROPIC_BASE_URL": "https://gw.acme.example/anthropic", "ANTHROPIC_AUTH_TOKEN": "sk-canary-0123456789abcdef", "ANTHROPIC_MODEL": "big-1[1M]", "ANTHROPIC_DEFAULT_HAIKU_MODEL": "small-1"}}', '{}', 1);
INSERT INTO providers VALUES ('p2', 'claude', 'Bulk', '{"env": {"ANTHROPIC_BASE_URL": "https://bulk.example", "ANTHROPIC_API_KEY": "sk-canary-0123456789abcdef-2", "ANTHROPIC_MODEL": "b-1"}}', '{"apiFormat": "openai_chat"}', 0);
INSERT INTO providers VALUES ('p3', 'codex', 'Acme', '{"auth": {"OPENAI_API_KEY": "sk-canary-0123456789abcdef-3"}, "config": "model_provider = \"custom\"\nmodel = \"gpt-5\"\n[model_providers.custom]\nname = \"custom\"\nbase_url = \"https://gw.acme.example/v1\"\nwire_api = \"responses\"\nrequires_openai_auth = true\n"}', '{}', 1);
INSERT INTO providers VALUES ('p4', 'grokbuild', 'Odd', '{}', '{}', 1);
INSERT INTO mcp_servers VALUES ('m', 'docs', '{}');
