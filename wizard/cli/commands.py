"""The map of the command line: every command with the module it is `command` in, and its line in --help."""

from __future__ import annotations

COMMANDS = {
    "setup": ("wizard.cli.setup.command", "Set up Crush from nothing, question by question; the same as no command."),
    "add-provider": ("wizard.cli.provider.add", "Add a provider, guided by a preset or step by step."),
    "edit-provider": ("wizard.cli.provider.edit", "Change what is said about one provider."),
    "remove-provider": ("wizard.cli.provider.remove", "Remove a provider, and put right what pointed to it."),
    "list": ("wizard.cli.look.list", "List the providers as Crush will see them, and what is wrong with them."),
    "show": ("wizard.cli.look.show", "Show all of one provider: every value, and the file and line it comes from."),
    "use": ("wizard.cli.model.use", "Choose the model for the large or the small slot."),
    "models": ("wizard.cli.model.models", "Show a provider's models, add and remove them, bring prices up to date."),
    "test": ("wizard.cli.test.command", "Test providers live, all at once."),
    "doctor": ("wizard.cli.doctor.command", "Find everything that is wrong, and put right what can be."),
    "presets": ("wizard.cli.look.presets", "List, show and check presets."),
    "run": ("wizard.cli.run.run", "Start Crush, or another command, with the secrets in its environment only."),
    "env": ("wizard.cli.run.env", "Print lines that set the secrets in a shell."),
    "secret": ("wizard.cli.secret.group", "Store keys, list and remove them, look one up."),
    "export": ("wizard.cli.move.export", "Write providers and models to one file, for another machine or a team."),
    "import": ("wizard.cli.move.import_", "Bring such a file in, or another tool's configuration."),
    "convert": ("wizard.cli.move.convert", "Move providers and models from crush.json into a crushrc, or back."),
    "undo": ("wizard.cli.undo", "Take the last change back."),
    "catalog": ("wizard.cli.look.catalog", "Show what is known about models, and bring it up to date."),
    "paths": ("wizard.cli.look.paths", "List every file that counts here, and where the wizard keeps its own."),
    "completion": ("wizard.cli.completion.command", "Print or install completion for bash, zsh, fish or PowerShell."),
}
SECRET_COMMANDS = {
    "set": ("wizard.cli.secret.set", "Store a secret, or give it a new value."),
    "get": ("wizard.cli.secret.get", "Print one secret."),
    "list": ("wizard.cli.secret.list", "List the secrets: where each one is, and who uses it."),
    "remove": ("wizard.cli.secret.remove", "Delete a secret that nobody needs."),
    "status": ("wizard.cli.secret.status", "Show which store is in use, and whether it can be used."),
    "move": ("wizard.cli.secret.move", "Move secrets from the keyring into the age file, or back."),
    "adopt": ("wizard.cli.secret.adopt", "Move keys that lie in plain text into the store."),
}
