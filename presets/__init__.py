"""One TOML file a provider, as data; read by wizard.flow.preset_library."""
