"""What the surroundings told us before the first question. Gathered by the driver; the engine never looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

from wizard.flow.own_catalogue import OwnCatalogue
from wizard.provider.builtins import BUILTINS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from wizard.flow.knowledge import CatalogMatch
    from wizard.flow.manager import Manager
    from wizard.flow.offer import EndpointQuery, Offer
    from wizard.flow.preset import Preset
    from wizard.flow.question import Choice
    from wizard.provider.login import Login
    from wizard.provider.milestones import Version

BEDROCK = frozenset(("bedrock", "bedrock-europe"))
"""Built-ins that the same sign-in makes active: who adds one has not had the other one before."""


class StoreFact(Struct, frozen=True):
    """The store that keys go into here (`keyring` or `file`), whether it can take one now, and why not.

    `chosen`: the user decided for it, or it holds keys; otherwise it is just what is there.
    """

    usable: bool
    name: str = "keyring"
    reason: str = ""
    hint: str = ""
    chosen: bool = False
    locked: bool = False

    @property
    def gives_way(self) -> bool:
        """Whether a key goes into the encrypted file instead: nobody has anything in this store, or could unlock it."""
        return not (self.usable or self.chosen or self.locked)


class SlotNow(Struct, frozen=True):
    """The model that a slot has as things are. `chosen`: files say so; else it is Crush's own choice."""

    provider: str
    model: str
    chosen: bool

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


class Facts(Struct, frozen=True):
    """`existing`: provider entries of the file that will be edited, by id. `selected`: the slots already chosen.

    `slots`: the model of the edited provider that a slot has, by slot.
    `set_variables`: names of the environment variables that hold something. `given`: keys of the answers that
    flags or a profile bring along. `stored`: names that the store in use holds already,
    `shared` those of them of which the profile in force has no value of its own, `referred` the commands that print
    those that are references. `takes_keys`: False in a
    dry run, which has no use for a key. `edits`: an entry is edited, and only what is answered may change.
    `keys`: how Crush gets its keys (run, shell, lookup), if that was decided before. `sets_variables`: the user
    decided to set the variables of keys in a way of their own. `wanted`: keys of quiet questions that the person wants
    to answer.

    The store and Crush are slow to look at. The driver starts looking before the first question; `look_at_store`
    and `look_at_crush` give what was seen, and wait for it when a question needs it sooner. `look_at_servers` gives
    the base URLs of the model servers that answer on this machine, by the ids of their presets; with
    `has_seen_servers` it need not wait for them, nor for `look_at_logins`, what Crush can sign in to.
    `look_at_models` asks an endpoint for its models, None where the network is not to be used; `picks`: a person will
    choose from them; `checks`: nobody will, and those that it does not have are left out where there is a key to ask
    it with.
    `reference_in` gives the command in what was pasted in the place of a key, None where that is no command;
    `print_key` what it prints, by the name of the secret and the command, empty where commands are not to be run. It
    raises SecretError.
    `look_at_managers` gives the password managers that are here, `look_at_items` what one of them has, given what its
    fields were answered with, and `look_at_usual` what a command prints that finds the usual value of a field.
    `look_for_file` gives a path as a command in the home folder finds it; empty where there is no such file.
    `look_at_catalogue` gives what the Crush here has built in; `whole`: entries say it all the same.
    `look_up` tells what catalogues know about a model: by the provider's id, its URL, the model's id.
    `look_at_sharers` tells which other providers have another key under a name than this one: by the name in the
    store, the key, and the provider's id.
    `look_at_machine` tells what the machine has for a setting of a cloud, the likeliest first: by the variable's name,
    and the variables that are answered.
    `look_at_slots` tells what is in force by slot, without choices whose provider is no more and what only an endpoint
    would tell; None where only Crush could tell anything.
    """

    presets: Mapping[str, Preset]
    existing: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    selected: frozenset[str] = frozenset()
    slots: Mapping[str, str] = field(default_factory=dict)
    set_variables: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    stored: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    referred: Mapping[str, str] = field(default_factory=dict)
    takes_keys: bool = True
    edits: bool = False
    keys: str | None = None
    sets_variables: bool = False
    wanted: frozenset[str] = frozenset()
    look_at_store: Callable[[], StoreFact] = lambda: StoreFact(usable=False, reason="not checked")
    look_at_crush: Callable[[], Version | Literal["devel"] | None] = lambda: None
    look_at_catalogue: Callable[[], OwnCatalogue] = OwnCatalogue
    whole: bool = False
    look_at_servers: Callable[[], Mapping[str, str]] = dict
    has_seen_servers: Callable[[], bool] = lambda: True
    look_at_logins: Callable[[], tuple[Login, ...]] = tuple
    look_at_models: Callable[[EndpointQuery], Offer] | None = None
    picks: bool = False
    checks: bool = False
    look_up: Callable[[str, str, str], CatalogMatch | None] = lambda _provider, _base_url, _model: None
    look_at_managers: Callable[[], tuple[Manager, ...]] = tuple
    look_at_items: Callable[[Manager, Mapping[str, str]], tuple[Choice, ...]] = lambda _manager, _fields: ()
    look_at_usual: Callable[[str], str] = lambda _command: ""
    look_for_file: Callable[[str], str] = lambda path: path
    reference_in: Callable[[str], str | None] = lambda _text: None
    print_key: Callable[[str, str], str] = lambda _name, _command: ""
    look_at_sharers: Callable[[str, str, str], tuple[str, ...]] = lambda _name, _key, _provider: ()
    look_at_machine: Callable[[str, Mapping[str, str]], tuple[str, ...]] = lambda _setting, _answered: ()
    look_at_slots: Callable[[], Mapping[str, SlotNow] | None] = lambda: None

    @property
    def store(self) -> StoreFact:
        return self.look_at_store()

    @property
    def crush(self) -> Version | None:
        """The version of the Crush on PATH, None when unknown."""
        version = self.look_at_crush()
        return version if isinstance(version, tuple) else None

    def held_by_others(self, slot: str, added: Collection[str]) -> SlotNow | None:
        """What a slot has, and keeps when these providers are added: a choice, or Crush's own one of another."""
        now = (self.look_at_slots() or {}).get(slot)
        return now if now and (now.chosen or not self._comes_with(now.provider, added)) else None

    def _comes_with(self, provider: str, added: Collection[str]) -> bool:
        """Whether Crush has it built in for the same key or sign-in as one of these, and nobody has set it up."""
        if provider in added:
            return True
        key = BUILTINS[provider].key if provider in BUILTINS and provider not in self.existing else ""
        same_key = bool(key) and any(other in BUILTINS and BUILTINS[other].key == key for other in added)
        return same_key or (provider in BEDROCK and bool(BEDROCK & {*added}))

    def is_chosen(self, slot: str) -> bool:
        """Whether files choose the slot's model. A choice that Crush can't follow is none."""
        if slot not in self.selected:
            return False
        slots = self.look_at_slots()
        return slots is None or (slot in slots and slots[slot].chosen)
