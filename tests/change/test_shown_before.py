"""What a changing command shows before it asks."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from wizard.change.run import show_diff
from wizard.files.plan import Plan, SecretEdit
from wizard.ui.output import Output

if TYPE_CHECKING:
    from typing import Literal


@pytest.mark.parametrize(
    ("action", "store", "sentence"),
    [
        ("store", "file", "GROQ_API_KEY goes into the encrypted file"),
        ("delete", "file", "GROQ_API_KEY is deleted from the encrypted file"),
        ("store", "keyring", "GROQ_API_KEY goes into the keyring"),
    ],
)
def test_no_store_reads_as_the_config_file(action: Literal["store", "delete"], store: str, sentence: str) -> None:
    shown = io.StringIO()
    show_diff(Plan("x", secrets=(SecretEdit("GROQ_API_KEY", store, action),)), Output(io.StringIO(), shown))
    assert sentence in shown.getvalue()
