"""Google: its Application Default Credentials, and the project and region that gcloud has set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.clouds.files import document, hardware_says, ini
from wizard.clouds.sign_in import Here, SignIn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROJECT_NAMES = ("GOOGLE_CLOUD_PROJECT", "GOOGLE_VERTEX_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID")
LOCATION_NAMES = ("GOOGLE_CLOUD_LOCATION", "GOOGLE_VERTEX_LOCATION", "GOOGLE_CLOUD_REGION", "CLOUD_ML_REGION")
"""What other programs call the project and the location (crush-behaviour 3.1)."""
NAMED_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
LOGIN = "gcloud auth application-default login"
_VENDOR = Path("/sys/class/dmi/id/product_name")
_USUAL_LOCATION = "global"


def sign_in(environ: Mapping[str, str], home: Path) -> SignIn:
    """The Application Default Credentials that Google's library would find."""
    path = credentials_file(environ, home)
    kind = str(credentials(environ, home).get("type", ""))
    if kind:
        return SignIn(f"Application Default Credentials ({kind.replace('_', ' ')})")
    if environ.get(NAMED_FILE):
        problem = f"{NAMED_FILE} names {path}, and there are no credentials in it"
        return SignIn(problem=problem, cure=f"unset {NAMED_FILE}, then: {LOGIN}")
    if hardware_says(_VENDOR, "google"):
        return SignIn("the service account of this machine")
    return SignIn(problem="there are no Application Default Credentials", cure=LOGIN)


def credentials(environ: Mapping[str, str], home: Path) -> Mapping[str, object]:
    """What the file of the credentials holds; empty where there is none."""
    return document(credentials_file(environ, home))


def credentials_file(environ: Mapping[str, str], home: Path) -> Path:
    """The library asks no other variable; gcloud's own CLOUDSDK_CONFIG has no say."""
    if named := environ.get(NAMED_FILE):
        return Path(named)
    folder = Path(environ.get("APPDATA", "")) if os.name == "nt" else home / ".config"
    return folder / "gcloud" / "application_default_credentials.json"


def projects_here(environ: Mapping[str, str], home: Path) -> Here:
    """The project: of the variables, of gcloud's active configuration, of the credentials."""
    adc = credentials(environ, home)
    named = adc.get("quota_project_id") or adc.get("project_id")
    found = Here((str(named),), "the Application Default Credentials") if named else Here()
    return (
        _of_variables(("VERTEXAI_PROJECT", *PROJECT_NAMES), environ)
        or _of_gcloud("core", "project", environ, home)
        or found
    )


def locations_here(environ: Mapping[str, str], home: Path) -> Here:
    """The location; without any other word it is the one that serves everywhere."""
    found = _of_variables(("VERTEXAI_LOCATION", *LOCATION_NAMES), environ) or _of_gcloud(
        "compute", "region", environ, home
    )
    values = tuple(dict.fromkeys((*(found.values if found else ()), _USUAL_LOCATION)))
    return Here(values, found.source if found else "")


def _of_variables(names: Iterable[str], environ: Mapping[str, str]) -> Here | None:
    return next((Here((environ[name],), name) for name in names if environ.get(name)), None)


def _of_gcloud(section: str, name: str, environ: Mapping[str, str], home: Path) -> Here | None:
    named = environ.get("CLOUDSDK_CONFIG")
    folder = Path(named) if named else credentials_file({**environ, NAMED_FILE: ""}, home).parent
    active = environ.get("CLOUDSDK_ACTIVE_CONFIG_NAME") or _active(folder)
    value = ini(folder / "configurations" / f"config_{active}").get(section, {}).get(name)
    return Here((value,), "gcloud") if value else None


def _active(folder: Path) -> str:
    try:
        return (folder / "active_config").read_text(encoding="utf-8").strip() or "default"
    except (OSError, UnicodeDecodeError):
        return "default"
