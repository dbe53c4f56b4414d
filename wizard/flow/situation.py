"""What a question can look at: the answers so far and the facts, and what follows from both."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.flow.key_source import COMMAND, ENVIRONMENT, KEEP, NO_KEY, STORED, STORES, CommandLine
from wizard.flow.manager import command
from wizard.flow.offer import EndpointQuery, Offer
from wizard.provider.base_url import BaseUrl, at_host, normalize_base_url
from wizard.provider.builtins import BUILTINS
from wizard.provider.entry import lower_case
from wizard.provider.hiding import fields_that_hide
from wizard.provider.template import placeholder, standing_for
from wizard.provider.types import TYPES
from wizard.provider.variable import variable_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.flow.answers import Answers
    from wizard.flow.facts import Facts
    from wizard.flow.knowledge import Knowledge
    from wizard.flow.manager import Field, Manager
    from wizard.flow.own_catalogue import OwnProvider
    from wizard.flow.preset import Preset, PresetChoice, PresetQuestion
    from wizard.provider.model_facts import ModelFacts

MERGE = "merge"
REPLACE = "replace"
RENAME = "rename"
ANYWAY = "anyway"
"""A key that the endpoint refuses is kept."""
OTHER = "other"
"""Instead of a model: one that is not in the list."""
AS_SAID = "as you said"
"""Why an entry says all, where a flag wants it."""


class Situation(Struct, frozen=True, dict=True):
    answers: Answers
    facts: Facts

    @cached_property
    def preset(self) -> Preset:
        """The chosen preset, with what its answered choices (region, plan ...) put in place of its own values."""
        preset = self.facts.presets[self.answers.value("preset")]
        for choice in self.preset_choices(preset):
            named = {
                name: getattr(choice, name)
                for name in ("base_url", "catalog", "builtin", "provider_id", "models", "large", "small")
                if getattr(choice, name) is not None
            }
            of_key = {
                name: value for name in ("env", "need", "command") if (value := getattr(choice, name)) is not None
            }
            preset = replace(preset, key=replace(preset.key, **of_key), **named)
        return preset

    def preset_choices(self, preset: Preset) -> list[PresetChoice]:
        return [
            choice
            for question in preset.questions
            for choice in question.choices
            if self.applies(question) and choice.value == self.chosen(question)
        ]

    def applies(self, question: PresetQuestion) -> bool:
        """Whether a preset's question is asked, given the answers before it."""
        if question.when is None:
            return True
        asked = next(asked for asked in self._own_questions if asked.key == question.when.key)
        return (self.chosen(asked) or (asked.default if self.facts.edits else None)) == question.when.value

    def chosen(self, question: PresetQuestion) -> str | None:
        """What is answered; of an entry that is edited, what it has today, where that can be told."""
        answered = self.answers.value(setting(question.key))
        return str(answered) if answered is not None else self.today(question)

    def today(self, question: PresetQuestion) -> str | None:
        """The choice of a preset's question that an edited entry has; None where nothing tells."""
        entry = lower_case(self.existing or {}) if self.facts.edits else {}
        return next((it.value for it in question.choices if entry and _is_had(it, entry, self.provider_id)), None)

    @cached_property
    def signs_in_anew(self) -> bool:
        """Whether an edited entry gets another way to sign in than it has."""
        ways = (it for it in self._own_questions if any(choice.signs_in for choice in it.choices))
        answered = ((it, self.answers.value(setting(it.key))) for it in ways)
        return self.facts.edits and any(
            value is not None and value != (self.today(it) or it.default) for it, value in answered
        )

    @property
    def _own_questions(self) -> tuple[PresetQuestion, ...]:
        return tuple(self.facts.presets[self.answers.value("preset")].questions)

    @cached_property
    def provider_id(self) -> str:
        return str(self.answers.value("new_id") or self.answers.value("id", ""))

    @property
    def name(self) -> str:
        """What the provider is called. An endpoint of one's own has no usual name."""
        usual = self.provider_id if self.preset.custom else self.preset.name
        return str(self.answers.value("name", usual))

    @cached_property
    def merging(self) -> bool:
        return self.existing is not None and self.answers.value("existing") != REPLACE

    @cached_property
    def existing(self) -> Mapping[str, Any] | None:
        """The entry that has the provider's id already, unless a new id was chosen; without what only hides it."""
        entry = self.facts.existing.get(self.provider_id)
        return entry if self.facts.edits or entry is None else self._shown(entry)

    def is_taken(self, provider_id: str) -> bool:
        """Whether an entry says more of it than that it is hidden."""
        return provider_id in self.facts.existing and bool(self._shown(self.facts.existing[provider_id]))

    def _shown(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        hiding = fields_that_hide(lower_case(entry))
        return {name: value for name, value in entry.items() if name.lower() not in hiding}

    @cached_property
    def hiding(self) -> tuple[str, ...]:
        """The fields that hide the existing entry, where it is kept."""
        return fields_that_hide(lower_case(self.facts.existing[self.provider_id])) if self.merging else ()

    @cached_property
    def type(self) -> str:
        """The provider type; a preset's older one where the Crush on this machine is too old for the newer."""
        if self.answers.value("type"):
            return str(self.answers.value("type"))
        kept = self.kept("type")
        return kept if kept in TYPES else self.preset_type

    @cached_property
    def preset_type(self) -> str:
        preset, crush = self.preset, self.facts.crush
        since = TYPES[preset.type].since
        too_old = crush is not None and since is not None and crush < since
        return preset.old_type if too_old and preset.old_type else preset.type

    @cached_property
    def base_url(self) -> BaseUrl:
        """The URL that the answers amount to."""
        typed = self.answers.value("base_url")
        if typed is None:
            return BaseUrl(self.kept("base_url") or self._preset_base_url)
        return normalize_base_url(typed, self.type, add_v1=self.answers.value("set.v1") is True)

    @cached_property
    def env(self) -> dict[str, str]:
        """What the answers set in the configuration's own `env`."""
        asked = (question for question in self.preset.questions if question.fills == "env" and self.applies(question))
        answered = {str(question.variable): self.answers.value(setting(question.key)) for question in asked}
        return {name: str(value) for name, value in answered.items() if value}

    def kept(self, field: str) -> str | None:
        """The text that the existing entry has in a field and keeps, unless it is answered."""
        entry = self.existing if self.merging and self.existing is not None else {}
        if field == "base_url" and any(self.answers.mentioned(key) for key in self.url_questions):
            return None
        value = entry.get(field)
        return value if isinstance(value, str) and value else None

    @cached_property
    def url_questions(self) -> frozenset[str]:
        """The answer keys of the preset's own questions that have a say in its URL."""
        written = self.facts.presets[self.answers.value("preset")].base_url or ""

        def has_a_say(question: PresetQuestion) -> bool:
            names_it = f"{{{question.key}}}" in written or any(choice.base_url for choice in question.choices)
            return question.fills == "host" or (question.fills == "base_url" and names_it)

        return frozenset(setting(question.key) for question in self.preset.questions if has_a_say(question))

    @cached_property
    def _preset_base_url(self) -> str:
        """The preset's URL with the answers filled in; as it is written there, except for an older type's path."""

        def filled(match: re.Match[str]) -> str:
            return str(self.answers.value(f"set.{match[1]}", match[0]))

        found = self.facts.look_at_servers().get(self.preset.id) if self.preset.local and not self.host else None
        url = re.sub(r"\{(\w+)\}", filled, found or self.preset.base_url or "")
        if self.host:
            today = (self.existing or {}).get("base_url") if self.merging else None
            url = at_host(today if isinstance(today, str) and today else url, self.host).url
        if self.type != self.preset.type and self.preset.local:
            return normalize_base_url(url, self.type, add_v1=True).url
        return url

    @property
    def host(self) -> str:
        """The host of the preset's server, where it is another one than the usual one."""
        asked = next((question for question in self.preset.questions if question.fills == "host"), None)
        answer = self.answers.value(setting(asked.key)) if asked else None
        return "" if answer is None or (asked and answer == asked.default) else str(answer)

    @cached_property
    def headers(self) -> dict[str, str]:
        """The preset's, or in an edit those that are there, and the user's; a person lists them all anew."""
        answered = self.answers.value("headers")
        if self.facts.edits and answered is not None and not self.is_given("headers"):
            return dict(answered)
        return {**(self.existing_headers if self.facts.edits else self.preset.headers), **(answered or {})}

    @cached_property
    def existing_headers(self) -> dict[str, str]:
        """The headers of the existing entry, when they are kept."""
        entry = self.existing if self.merging and self.existing is not None else {}
        headers = entry.get("extra_headers")
        listed = headers if isinstance(headers, dict) else {}
        return {str(name): value for name, value in listed.items() if isinstance(value, str)}

    @cached_property
    def existing_variable(self) -> str | None:
        """The variable that the existing entry has as its key, when that is all that the key is."""
        return standing_for(self.kept("api_key") or "")

    @cached_property
    def likely_variable(self) -> str:
        """Today's one, else the vendor's or the provider's own: one that no other provider takes to another host."""
        today = self.existing_variable if self.facts.edits and not self.signs_in_anew else None
        return today or next(name for name in self._usual_variables() if not self._goes_elsewhere(name))

    @cached_property
    def variable(self) -> str:
        """The variable that stands for the key: one of its own where the answered one holds the key of others."""
        answered = str(self.answers.value("key_env", ""))
        if self.command or not self.sharers(self.key):
            return answered
        taken = {answered, *self.facts.stored, *self.facts.set_variables}
        return next(name for name in self._usual_variables() if name not in taken and not self._goes_elsewhere(name))

    def sharers(self, key: str) -> tuple[str, ...]:
        """The other providers whose key would become this one, were it stored under the answered name."""
        name = str(self.answers.value("key_env", ""))
        return self.facts.look_at_sharers(name, key, self.provider_id) if key and name in self.facts.stored else ()

    def _usual_variables(self) -> Iterator[str]:
        own = variable_for(self.provider_id)
        yield from filter(None, (self.preset.key.env, own))
        yield from (f"{own}_{number}" for number in count(2))

    def _goes_elsewhere(self, name: str) -> bool:
        others = {id_: entry for id_, entry in self.facts.existing.items() if id_ != self.provider_id}
        return any(
            standing_for(str(entry.get("api_key", ""))) == name and _server(id_, entry) != self.base_url.server
            for id_, entry in others.items()
        )

    @cached_property
    def has_key_to_keep(self) -> bool:
        """Whether there is an entry whose key, be it none, can stay as it is."""
        return not self.signs_in_anew and (self.facts.edits or self.kept("api_key") is not None)

    @cached_property
    def names_variable(self) -> bool:
        """Whether flags want a variable as the key: a named one, or today's spelled in another way."""
        respelled = self.facts.edits and self.is_given("keys") and self.existing_variable is not None
        return self.is_given("key_env") or respelled

    @cached_property
    def keeps_key(self) -> bool:
        """Whether the entry's key stays. A store that is named, and no key for it, is no answer about the key."""
        usual = KEEP if self.facts.edits and not self.signs_in_anew else NO_KEY
        source = self.answers.value("key_source", usual)
        if source == KEEP:
            return True
        named_store = source in STORES or (source == ENVIRONMENT and self.is_given("key_source"))
        says_more = self.names_variable or bool(self.answers.value("key"))
        return named_store and self.has_key_to_keep and not says_more

    @cached_property
    def offer(self) -> Offer:
        """What the endpoint offers; an empty offer where nobody asks it, or it has no list."""
        look = self.facts.look_at_models
        return Offer() if look is None or not self.asks_endpoint else look(self._asked)

    @cached_property
    def keyless_offer(self) -> Offer:
        """What the endpoint offers to somebody without a key."""
        look = self.facts.look_at_models
        is_asked = look is not None and self.facts.picks and self.base_url.url
        return look(replace(self._asked, variable="", key="")) if look and is_asked else Offer()

    @cached_property
    def asks_endpoint(self) -> bool:
        """Whether the endpoint has to be asked: nobody waits for what the preset or a flag says already."""
        if self.facts.look_at_models is None:
            return False
        if self.preset.listing == "none":
            return self.facts.picks and bool(self.key)  # to hear that the key can't be checked yet
        if self.deploys:
            return False
        if not self.base_url.url:
            return False
        if "models" in self.answers and self.is_given("models"):
            own = self.own.models if self.own else {}
            known = (*self.preset.models, *self.existing_models, *own)
            return any(name not in known for name in self.model_ids)
        if self.is_given("models"):
            return not self.preset.models
        has_key = bool(self.key) or self.has_key_at_hand
        return self.facts.picks or (self.preset.local and not self.preset.models) or (self.facts.checks and has_key)

    @cached_property
    def _asked(self) -> EndpointQuery:
        return EndpointQuery(
            provider=self.provider_id,
            base_url=self.base_url.url,
            type=self.type,
            listing=self.preset.listing,
            variable=self._key_template,
            headers=self.headers,
            key=self.key,
        )

    @property
    def _key_template(self) -> str:
        """What Crush will have as the key: today's where it is kept, else the answered variable."""
        if self.keeps_key:
            return self.kept("api_key") or ""
        source = self.answers.value("key_source")
        has_none = source == NO_KEY if source else not (self.key or self.has_key_at_hand)
        return "" if has_none else placeholder(self.variable)

    @cached_property
    def command(self) -> str:
        """The command that prints the key, where it has one."""
        given = self.answers.value("key", "")
        if isinstance(given, CommandLine):
            return str(given)
        return self.command_for(self.item) if self.item else str(self.answers.value("key_command", ""))

    @cached_property
    def command_for_crush(self) -> str:
        """The command that Crush can run itself for the key: the answered one, or that of the name's reference."""
        source = self.answers.value("key_source")
        if source in (STORED, ENVIRONMENT):
            return self.facts.referred.get(self.variable, "")
        return self.command if source == COMMAND else ""

    def command_for(self, item: str) -> str:
        """The one that prints an item of the chosen manager."""
        return command(self.manager, item, self.manager_fields) if self.manager else ""

    @cached_property
    def manager(self) -> Manager | None:
        """The password manager that has the key, where one was picked."""
        chosen = self.answers.value("key_place")
        return next((it for it in self.facts.look_at_managers() if it.id == chosen), None) if chosen else None

    @property
    def manager_fields(self) -> dict[str, str]:
        fields = self.manager.fields if self.manager else ()
        return {it.key: str(self.answers.value(manager_field(it), "")) for it in fields}

    @property
    def item(self) -> str:
        """The manager's item that is the key."""
        picked = str(self.answers.value("key_pick", OTHER))
        return str(self.answers.value("key_item", "")) if picked == OTHER else picked

    @cached_property
    def key(self) -> str:
        """The key itself: what was given, or what the command prints."""
        if self.command:
            return self.facts.print_key(str(self.answers.value("key_env", "")), self.command)
        return str(self.answers.value("key", ""))

    @property
    def key_is_refused(self) -> bool:
        """Whether the endpoint refuses the key, and the person keeps it nevertheless."""
        return bool(self.answers.value("refused_key") == ANYWAY)

    @property
    def has_key_at_hand(self) -> bool:
        """Whether the environment or the store has a value for the key's variable."""
        variable = self.answers.value("key_env", "")
        return variable in self.facts.set_variables or variable in self.facts.stored

    @cached_property
    def offered(self) -> dict[str, ModelFacts]:
        """The chat models that the endpoint offers, by id."""
        return {model.id: model for model in self.offer.models if model.chats is not False}

    @cached_property
    def own(self) -> OwnProvider | None:
        """The provider as the Crush here has it built in; None where it is another one, or an entry says it all."""
        return None if self._is_whole else self.facts.look_at_catalogue().providers.get(self.provider_id)

    @property
    def _is_whole(self) -> bool:
        return self.facts.whole or not self.is_builtin

    @property
    def is_builtin(self) -> bool:
        """Whether it is a provider that some Crush has built in."""
        is_known = self.provider_id in BUILTINS or self.preset.source == "crush"
        return self.preset.builtin == self.provider_id and is_known

    @property
    def why_whole(self) -> str:
        """Why the entry of a provider that some Crush has built in says it all; empty where it does not."""
        if self.own or not self.is_builtin or self.facts.edits:
            return ""
        return AS_SAID if self.facts.whole else self.facts.look_at_catalogue().why_not

    def left_to_crush(self, model_id: str) -> bool:
        """Whether a chosen model needs no word in the entry: Crush lists it, and nothing is said about it."""
        if self.own is None or model_id not in self.own.models or model_id in self.existing_models:
            return False
        says_more = self.preset.source != "crush" and self.preset.says(model_id) is not None
        return not (self.is_described(model_id) or says_more)

    def knowledge(self, model_id: str) -> Knowledge:
        """All that is known about a model."""
        if model_id not in self._known:
            from wizard.flow.knowledge import known_about

            self._known[model_id] = known_about(
                model_id,
                provider=self.provider_id,
                base_url=self.base_url.url,
                preset=self.preset,
                endpoint=self.offered.get(model_id),
                look_up=self.facts.look_up,
                named=self.named(model_id),
            )
        return self._known[model_id]

    @cached_property
    def _known(self) -> dict[str, Knowledge]:
        return {}

    def named(self, model_id: str) -> str:
        """The model that an id stands for: a deployment's, where that was said."""
        of = self.answers.value(model_field(model_id, "is"), OTHER)
        return model_id if of == OTHER else str(of)

    @cached_property
    def existing_models(self) -> dict[str, Mapping[str, Any]]:
        """The models of the existing entry, by id, when they are kept."""
        entry = self.existing if self.merging and self.existing is not None else {}
        models = entry.get("models")
        listed = models if isinstance(models, list) else []
        return {str(model.get("id")): model for model in listed if isinstance(model, dict)}

    @cached_property
    def removed_models(self) -> tuple[str, ...]:
        """The models of an edited entry that a person did not pick again. A flag names only what is to be there."""
        if not self.facts.edits or "models" not in self.answers or self.is_given("models"):
            return ()
        return tuple(model_id for model_id in self.existing_models if model_id not in self.model_ids)

    @cached_property
    def model_ids(self) -> tuple[str, ...]:
        """The chosen models' ids, in order. An edit may be about models that stay."""
        if self.facts.edits and "models" not in self.answers:
            return tuple(name for name in self.existing_models if self.is_described(name))
        chosen = (*self.answers.value("models", ()), *self.answers.value("other_models", ()))
        return tuple(dict.fromkeys(model_id.partition(":")[0] if self.deploys else model_id for model_id in chosen))

    @cached_property
    def deploys(self) -> bool:
        """Whether a question of the preset names the models (Azure: deployments)."""
        return any(question.fills == "models" for question in self.preset.questions)

    def is_described(self, model_id: str) -> bool:
        """Whether an edit changes what is known about a model that is there."""
        by_flag = any(key.startswith(setting(f"{model_id}.")) for key in self.facts.given)
        return by_flag or self.answers.value("described") == model_id

    def is_wanted(self, key: str) -> bool:
        """Whether the person wants to answer a quiet question."""
        return key in self.facts.wanted

    def is_given(self, key: str) -> bool:
        """Whether a flag or a profile answers the question of this key."""
        return key in self.facts.given


def _server(provider_id: str, entry: Mapping[str, Any]) -> str:
    """That of an entry, or of the built-in provider that it changes."""
    builtin = BUILTINS.get(provider_id)
    return BaseUrl(str(entry.get("base_url") or (builtin.endpoint if builtin else ""))).server


def manager_field(field: Field) -> str:
    """The answer key of what a password manager needs to know besides the item."""
    return f"key_{field.key}"


def setting(key: str) -> str:
    """The answer key of a preset's own question (`--set KEY=VALUE`)."""
    return f"set.{key}"


def model_field(model_id: str, field: str) -> str:
    """The answer key of one fact of one model (`--set MODEL.FIELD=VALUE`)."""
    return setting(f"{model_id}.{field}")


def _is_had(choice: PresetChoice, entry: Mapping[str, Any], provider_id: str) -> bool:
    """Whether an entry, with its names in lower case, is what this choice makes of one."""
    key = str(entry.get("api_key") or "")
    if choice.command:
        return choice.command == key
    if choice.need == "required":
        return bool(key)
    if choice.env:
        return standing_for(key) == choice.env
    return bool(choice.provider_id) and choice.provider_id == provider_id
