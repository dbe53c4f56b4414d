"""How keys get to Crush: the store, and the placeholder that leads to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wizard.errors import UsageError
from wizard.flow.build import Draft, build
from wizard.flow.facts import StoreFact

if TYPE_CHECKING:
    from tests.flow.conftest import RunInterview

LOOKED_UP = "${ACME_API_KEY:-$(crush-wizard secret get ACME_API_KEY)}"


def draft_of(
    interview: RunInterview, given: dict[str, Any], script: dict[str, Any] | None = None, **facts: Any
) -> Draft:
    answers, known, _ = interview(given, script, **facts)
    return build(answers, known)


def test_a_lookup_asks_the_store(interview: RunInterview) -> None:
    draft = draft_of(interview, {"preset": "acme", "keys": "lookup", "key_source": "keyring", "key": "ac-123456"})
    assert draft.entry["api_key"] == LOOKED_UP
    assert draft.keys == "lookup"


def test_a_lookup_in_a_header_can_not_fail(interview: RunInterview) -> None:
    given = {
        "preset": "own",
        "base_url": "https://a.example/v1",
        "models": ("m",),
        "keys": "lookup",
        "key_source": "keyring",
        "key": "k-123456",
        "key_env": "OWN_KEY",
        "headers": ("X-Auth-Token=$OWN_KEY", "Authorization=Bearer ${OWN_KEY}", "X-Other-Token=$OWN_KEY_2"),
    }
    headers = draft_of(interview, given).entry["extra_headers"]
    looked_up = "${OWN_KEY:-$(crush-wizard secret get OWN_KEY || true)}"
    assert headers == {
        "X-Auth-Token": looked_up,
        "Authorization": f"Bearer {looked_up}",
        "X-Other-Token": "$OWN_KEY_2",
    }


def test_an_old_crush_does_not_understand_a_lookup(interview: RunInterview) -> None:
    with pytest.raises(UsageError, match=r"needs Crush 0\.67"):
        interview({"preset": "acme", "keys": "lookup"}, crush=(0, 66, 9))
    script = {
        "key_source": "keyring",
        "key": "ac-1234567",
        "keys": "run",
        "models": ("big",),
        "large": "big",
        "small": "big",
    }
    _, _, person = interview({"preset": "acme"}, script, crush=(0, 66, 9))
    assert [choice.value for choice in person.asked("keys").choices] == ["run", "shell"]


def test_it_is_asked_once(interview: RunInterview) -> None:
    script = {"key_source": "keyring", "key": "ac-1234567", "models": ("big",), "large": "big", "small": "big"}
    draft = draft_of(interview, {"preset": "acme"}, script, keys="lookup")
    assert draft.entry["api_key"] == LOOKED_UP


def test_nobody_is_asked_how_to_get_a_key_that_no_store_has(interview: RunInterview) -> None:
    script = {"key_source": "environment", "models": ("big",), "large": "big", "small": "big"}
    assert draft_of(interview, {"preset": "acme"}, script).keys is None


def test_without_a_usable_keyring_the_encrypted_file_is_offered_not_taken(interview: RunInterview) -> None:
    no_keyring = StoreFact(usable=False, reason="no bus")
    script = {"key_source": "environment", "models": ("big",), "large": "big", "small": "big"}
    _, _, person = interview({"preset": "acme"}, script, store=no_keyring)
    question = person.asked("key_source")
    assert [choice.value for choice in question.choices] == ["environment", "file", "command"]
    assert question.default == "environment"


def test_a_chosen_keyring_that_fails_demotes_nobody(interview: RunInterview) -> None:
    locked = StoreFact(usable=False, reason="it is locked", chosen=True)
    script = {"key_source": "environment", "models": ("big",), "large": "big", "small": "big"}
    _, _, person = interview({"preset": "acme"}, script, store=locked)
    assert [choice.value for choice in person.asked("key_source").choices] == ["environment", "command"]


def test_a_key_goes_into_the_store_that_is_in_use(interview: RunInterview) -> None:
    file = StoreFact(usable=True, name="file", chosen=True)
    draft = draft_of(interview, {"preset": "acme", "key_source": "auto", "key": "ac-1234567"}, store=file)
    assert draft.secret is not None
    assert (draft.secret.store, draft.secret.name) == ("file", "ACME_API_KEY")


def test_a_key_that_is_stored_already_is_offered_first(interview: RunInterview) -> None:
    script = {"key_source": "stored", "keys": "run", "models": ("big",), "large": "big", "small": "big"}
    answers, known, person = interview({"preset": "acme"}, script, stored=frozenset({"ACME_API_KEY"}))
    assert person.asked("key_source").default == "stored"
    draft = build(answers, known)
    assert draft.stored
    assert draft.secret is None
    assert draft.entry["api_key"] == "$ACME_API_KEY"
    assert (
        draft_of(interview, {"preset": "acme"}, stored=frozenset({"ACME_API_KEY"}), keys="lookup").entry["api_key"]
        == LOOKED_UP
    )
