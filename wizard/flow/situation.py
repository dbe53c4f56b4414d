"""What a question can look at: the answers so far and the facts, and what follows from both."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wizard.flow.preset import Preset, PresetChoice, PresetModel, PresetQuestion
from wizard.provider.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.flow.answers import Answers
    from wizard.flow.facts import Facts

MERGE = "merge"
REPLACE = "replace"
RENAME = "rename"


@dataclass(frozen=True)
class Situation:
    answers: Answers
    facts: Facts

    @cached_property
    def preset(self) -> Preset:
        """The chosen preset, with what its answered choices (region, plan ...) put in place of its own values."""
        preset = self.facts.presets[self.answers.value("preset")]
        for choice in self.preset_choices(preset):
            named = {
                name: getattr(choice, name)
                for name in ("base_url", "builtin", "provider_id", "large", "small")
                if getattr(choice, name) is not None
            }
            key = dataclasses.replace(preset.key, env=choice.env) if choice.env else preset.key
            offered = preset.models if choice.models is None else _only(preset, choice.models)
            preset = dataclasses.replace(preset, key=key, models=offered, **named)
        return preset

    def preset_choices(self, preset: Preset) -> list[PresetChoice]:
        return [
            choice
            for question in preset.questions
            for choice in question.choices
            if self.applies(question) and choice.value == self.answers.value(setting(question.key))
        ]

    def applies(self, question: PresetQuestion) -> bool:
        """Whether a preset's question is asked, given the answers before it."""
        return question.when is None or self.answers.value(setting(question.when.key)) == question.when.value

    @cached_property
    def provider_id(self) -> str:
        return str(self.answers.value("new_id") or self.answers.value("id", ""))

    @cached_property
    def merging(self) -> bool:
        return self.existing is not None and self.answers.value("existing") != REPLACE

    @cached_property
    def existing(self) -> Mapping[str, Any] | None:
        """The entry that has the provider's id already, unless a new id was chosen."""
        return self.facts.existing.get(self.provider_id)

    @cached_property
    def type(self) -> str:
        """The provider type; a preset's older one where the Crush on this machine is too old for the newer."""
        if self.answers.value("type"):
            return str(self.answers.value("type"))
        kept = self.existing.get("type") if self.merging and self.existing is not None else None
        return kept if isinstance(kept, str) and kept in TYPES else self.preset_type

    @cached_property
    def preset_type(self) -> str:
        preset, crush = self.preset, self.facts.crush
        since = TYPES[preset.type].since
        too_old = crush is not None and since is not None and crush < since
        return preset.old_type if too_old and preset.old_type else preset.type

    @cached_property
    def known_models(self) -> dict[str, PresetModel]:
        return {curated.model.id: curated for curated in self.preset.models}

    @cached_property
    def existing_models(self) -> dict[str, Mapping[str, Any]]:
        """The models of the existing entry, by id, when they are kept."""
        entry = self.existing if self.merging and self.existing is not None else {}
        models = entry.get("models")
        listed = models if isinstance(models, list) else []
        return {str(model.get("id")): model for model in listed if isinstance(model, dict)}

    @cached_property
    def model_ids(self) -> tuple[str, ...]:
        """The chosen models' ids, in order."""
        chosen = (*self.answers.value("models", ()), *self.answers.value("other_models", ()))
        return tuple(dict.fromkeys(model_id.partition(":")[0] if self.deploys else model_id for model_id in chosen))

    @cached_property
    def deploys(self) -> bool:
        """Whether a question of the preset names the models (Azure: deployments)."""
        return any(question.fills == "models" for question in self.preset.questions)

    def said(self, key: str) -> bool:
        """Whether a flag or a profile answers the question of this key."""
        return key in self.facts.given


def _only(preset: Preset, model_ids: tuple[str, ...]) -> tuple[PresetModel, ...]:
    curated = {one.model.id: one for one in preset.models}
    return tuple(curated[model_id] for model_id in model_ids)


def setting(key: str) -> str:
    """The answer key of a preset's own question (`--set KEY=VALUE`)."""
    return f"set.{key}"


def model_field(model_id: str, field: str) -> str:
    """The answer key of one fact of one model (`--set MODEL.FIELD=VALUE`)."""
    return setting(f"{model_id}.{field}")
