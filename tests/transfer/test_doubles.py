"""Models that are listed twice: one of each goes into a profile, whatever the list."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wizard.transfer.doubles import without_duplicates
from wizard.transfer.portable import Portable
from wizard.transfer.profile import Profile, ProfileProvider

models = st.lists(st.builds(lambda id_, name: {"id": id_, "name": name}, st.sampled_from("abc"), st.text(max_size=2)))


def _portable(entry: dict[str, Any]) -> Portable:
    return Portable(Profile((ProfileProvider("p", entry, ("models",)),), {}, ("KEY",)), (), ())


@given(models)
def test_the_first_of_each_stays_in_its_order(listed: list[dict[str, str]]) -> None:
    ready = without_duplicates(_portable({"type": "ollama", "models": listed}))
    (provider,) = ready.profile.providers
    ids = [model["id"] for model in listed]
    assert [model["id"] for model in provider.entry["models"]] == list(dict.fromkeys(ids))
    assert all(model == listed[ids.index(model["id"])] for model in provider.entry["models"])
    assert len(ready.left) == len({one for one in ids if ids.count(one) > 1})
    assert (provider.entry["type"], provider.machine_bound, ready.profile.secrets) == ("ollama", ("models",), ("KEY",))


def test_an_entry_without_models_stays() -> None:
    assert without_duplicates(_portable({"type": "ollama"})) == _portable({"type": "ollama"})
