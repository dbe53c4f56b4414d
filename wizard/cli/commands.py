"""The map of the command line: every command with the module it is `command` in, and its line in --help."""

from __future__ import annotations

COMMANDS = {
    "setup": ("wizard.cli.setup.command", "Set up Crush step by step (the same as no command)."),
    "add-provider": ("wizard.cli.provider.add", "Add a provider, from a preset or step by step."),
    "edit-provider": ("wizard.cli.provider.edit", "Change a provider."),
    "remove-provider": ("wizard.cli.provider.remove", "Remove a provider, and the model choices that use it."),
    "hide": ("wizard.cli.provider.hide", "Keep built-in providers out of Crush's model picker."),
    "unhide": ("wizard.cli.provider.unhide", "Show hidden providers again."),
    "list": ("wizard.cli.look.list", "List the providers as Crush sees them, with their problems."),
    "show": ("wizard.cli.look.show", "Show a provider: every value, with the file and line it comes from."),
    "use": ("wizard.cli.model.use", "Choose the large or the small model."),
    "models": ("wizard.cli.model.models", "Show, add, remove and update the models of a provider."),
    "test": ("wizard.cli.test.command", "Test providers against their endpoints."),
    "doctor": ("wizard.cli.doctor.command", "Find problems, and fix them."),
    "presets": ("wizard.cli.look.presets", "List, show and check presets."),
    "run": ("wizard.cli.run.run", "Start Crush, or another command, with the keys in its environment."),
    "env": ("wizard.cli.run.env", "Print shell commands that set the keys as variables."),
    "secret": ("wizard.cli.secret.group", "Store, list, print and remove keys."),
    "export": ("wizard.cli.move.export", "Export providers and models to a file, for another machine or a team."),
    "import": ("wizard.cli.move.import_", "Import an exported file, or the config of another tool."),
    "convert": ("wizard.cli.move.convert", "Move providers and models from crush.json to a crushrc, or back."),
    "undo": ("wizard.cli.undo", "Undo the last change."),
    "profile": ("wizard.cli.profile.group", "Keep sets of providers, choices and keys apart, by name."),
    "catalog": ("wizard.cli.look.catalog", "Show and update the model catalogues."),
    "paths": ("wizard.cli.look.paths", "List the files that Crush reads here, and those of crush-wizard."),
    "completion": ("wizard.cli.completion.command", "Print or install shell completion (bash, zsh, fish, PowerShell)."),
}
SECRET_COMMANDS = {
    "set": ("wizard.cli.secret.set", "Store a secret, or change its value."),
    "get": ("wizard.cli.secret.get", "Print one secret."),
    "list": ("wizard.cli.secret.list", "List the secrets, where they are stored and what uses them."),
    "remove": ("wizard.cli.secret.remove", "Delete a secret."),
    "status": ("wizard.cli.secret.status", "Show which store is in use, and whether it works."),
    "move": ("wizard.cli.secret.move", "Move secrets between the keyring and the encrypted file."),
    "adopt": ("wizard.cli.secret.adopt", "Move plain-text keys to the store."),
}
PROFILE_COMMANDS = {
    "create": ("wizard.cli.profile.create", "Make a profile."),
    "list": ("wizard.cli.profile.list", "List the profiles, and which is in force."),
    "show": ("wizard.cli.profile.show", "Show what is in a profile, and where it is kept."),
    "use": ("wizard.cli.profile.use", "Put a profile in force, or none."),
    "rename": ("wizard.cli.profile.rename", "Give a profile another name."),
    "remove": ("wizard.cli.profile.remove", "Remove a profile, with its keys."),
}
