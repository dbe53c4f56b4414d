"""Azure: whether the Azure CLI is there and signed in. Its tokens are its own business: only it reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wizard.catalog.values import mapping
from wizard.clouds.files import document
from wizard.clouds.sign_in import SignIn
from wizard.files.programs import which

if TYPE_CHECKING:
    from collections.abc import Mapping


GETS_IT = "az account get-access-token"
"""The command that prints a token of Entra ID, as it stands in the place of a key."""


def sign_in(environ: Mapping[str, str], home: Path) -> SignIn:
    """The account that az would get a token for."""
    if which("az", environ.get("PATH", "")) is None:
        return SignIn(problem="the Azure CLI (az) is not on PATH", cure="install the Azure CLI, then: az login")
    folder = Path(environ["AZURE_CONFIG_DIR"]) if environ.get("AZURE_CONFIG_DIR") else home / ".azure"
    listed = document(folder / "azureProfile.json").get("subscriptions")
    accounts = [mapping(account) for account in listed] if isinstance(listed, list) else []
    if not accounts:
        return SignIn(problem="az is not signed in", cure="az login")
    chosen = next((account for account in accounts if account.get("isDefault")), accounts[0])
    return SignIn(f"az ({mapping(chosen.get('user')).get('name') or chosen.get('name') or 'signed in'})")
