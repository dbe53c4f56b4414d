"""AWS: which credentials its library would take for Bedrock, in its order, and whether they are still good.

Seen with the library in Crush (crush-behaviour 2.4): a bearer token, keys of the environment, a web identity, the
profile; the profile's own source profile, keys, SSO session, login, command; a container's or an instance's role.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.catalog.values import mapping
from wizard.clouds.files import document, hardware_says, ini, moment
from wizard.clouds.sign_in import Here, SignIn
from wizard.near import did_you_mean
from wizard.network.aws_signature import AwsKeys
from wizard.network.json_answer import NotJson, parse_json
from wizard.shown import shell_word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    Profile = Mapping[str, str]

BEARER = "AWS_BEARER_TOKEN_BEDROCK"
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_WEB_IDENTITY = "AWS_WEB_IDENTITY_TOKEN_FILE"
_PROFILE_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
_VENDOR = Path("/sys/devices/virtual/dmi/id/sys_vendor")
_SESSION = "sso-session "
_NO_CREDENTIALS = "sign in with `aws configure sso`, or `aws login`, or set AWS_BEARER_TOKEN_BEDROCK"


def sign_in(environ: Mapping[str, str], home: Path, now: datetime) -> SignIn:
    """What the library would sign requests with."""
    if environ.get(BEARER):
        return SignIn(BEARER)
    if all(map(environ.get, _KEYS)):
        return SignIn(_KEYS[0])
    if environ.get(_WEB_IDENTITY):
        return SignIn(_WEB_IDENTITY)
    sections, name = _sections(environ, home), chosen_profile(environ)
    if name in _profiles(sections):
        return replace(_of_profile(name, sections, home, now), profile=name)
    if any(map(environ.get, _PROFILE_VARIABLES)):
        known = did_you_mean(name, _profiles(sections))
        problem = f"the config profile ({name}) could not be found"
        makes_one = f"aws configure sso{profile_option(name)}"
        return SignIn(problem=problem, cure=f"{known} To make one: {makes_one}" if known else makes_one)
    return _of_machine(environ)


def keys(environ: Mapping[str, str], home: Path) -> AwsKeys | None:
    """The keys that the library would sign with, where they stand in the variables, or in the profile itself."""
    if all(map(environ.get, _KEYS)):
        return AwsKeys(environ[_KEYS[0]], environ[_KEYS[1]], environ.get("AWS_SESSION_TOKEN", ""))
    section = _profiles(_sections(environ, home)).get(chosen_profile(environ), {})
    if environ.get(_WEB_IDENTITY) or {"role_arn", "source_profile"} & section.keys():
        return None
    access, secret = (section.get(name.lower(), "") for name in _KEYS)
    return AwsKeys(access, secret, section.get("aws_session_token", "")) if access and secret else None


def handed_out(text: str) -> AwsKeys | None:
    """The keys in what `aws configure export-credentials` prints; None for anything else."""
    try:
        document = mapping(parse_json(text.encode()))
    except NotJson:
        return None
    access, secret, token = (document.get(name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    is_whole = isinstance(access, str) and isinstance(secret, str) and access and secret
    return AwsKeys(str(access), str(secret), token if isinstance(token, str) else "") if is_whole else None


def chosen_profile(environ: Mapping[str, str]) -> str:
    """The profile that the variables name; AWS calls the usual one `default`."""
    return next(filter(None, map(environ.get, _PROFILE_VARIABLES)), "default")


def lacks_profile(environ: Mapping[str, str], home: Path) -> bool:
    """Whether a profile is named that is not there. Crush then takes Anthropic's own key, if there is one, and sends
    what it sends to Anthropic (seen with its requests).
    """
    named = any(map(environ.get, _PROFILE_VARIABLES))
    return named and not environ.get(BEARER) and chosen_profile(environ) not in _profiles(_sections(environ, home))


def profiles_here(environ: Mapping[str, str], home: Path) -> Here:
    """The profiles of the AWS tools, the one in force first."""
    found, chosen = _profiles(_sections(environ, home)), chosen_profile(environ)
    names = (*(name for name in found if name == chosen), *(name for name in found if name != chosen))
    return Here(names, "~/.aws" if names else "")


def regions_here(environ: Mapping[str, str], home: Path) -> Here:
    """The region that the variables, else the profile in force, name."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if environ.get(name):
            return Here((environ[name],), name)
    profile = _profiles(_sections(environ, home)).get(chosen_profile(environ), {})
    return Here((profile["region"],), "~/.aws/config") if profile.get("region") else Here()


def refresh_command(name: str, environ: Mapping[str, str], home: Path) -> str:
    """The command that signs a profile in again; empty for one that has nothing to sign in to."""
    sections = _sections(environ, home)
    section = _profiles(sections).get(name, {})
    if "login_session" in section:
        return f"aws login{profile_option(name)}"
    return f"aws sso login{profile_option(name)}" if _sso_key(_source(name, _profiles(sections)), sections) else ""


def profile_option(name: str) -> str:
    """The option of the AWS CLI that names a profile; none for the usual one."""
    return "" if name in ("", "default") else f" --profile {shell_word(name)}"


# Profiles


def _sections(environ: Mapping[str, str], home: Path) -> dict[str, Profile]:
    """The sections of both files: profiles as `profile NAME`, sessions as `sso-session NAME`."""
    config = ini(_path(environ, "AWS_CONFIG_FILE", home / ".aws" / "config"))
    keys = ini(_path(environ, "AWS_SHARED_CREDENTIALS_FILE", home / ".aws" / "credentials"))
    found: dict[str, Profile] = {("profile default" if name == "default" else name): it for name, it in config.items()}
    for name, section in keys.items():
        found[f"profile {name}"] = {**found.get(f"profile {name}", {}), **section}
    return found


def _path(environ: Mapping[str, str], variable: str, usual: Path) -> Path:
    return Path(environ[variable]).expanduser() if environ.get(variable) else usual


def _profiles(sections: Mapping[str, Profile]) -> dict[str, Profile]:
    named = {name.partition(" "): section for name, section in sections.items()}
    return {name.strip(): section for (kind, _, name), section in named.items() if kind == "profile" and name.strip()}


def _source(name: str, profiles: Mapping[str, Profile]) -> Profile:
    """The profile whose credentials a profile has in the end; a circle ends where it began."""
    seen = {name}
    while (following := profiles.get(name, {}).get("source_profile", "")) in profiles and following not in seen:
        name = following
        seen.add(name)
    return profiles.get(name, {})


def _of_profile(name: str, sections: Mapping[str, Profile], home: Path, now: datetime) -> SignIn:
    section = _source(name, _profiles(sections))
    called = f"profile {name}"
    if "aws_access_key_id" in section:
        return SignIn(f"access key of {called}")
    if key := _sso_key(section, sections):
        return _sso(called, f"aws sso login{profile_option(name)}", _cached(key, home), now)
    if "login_session" in section:
        return SignIn(f"{called} (aws login)")
    if "credential_process" in section:
        return SignIn(f"{called} (credential_process)")
    if "credential_source" in section or "web_identity_token_file" in section:
        return SignIn(f"role of {called}")
    return SignIn(problem=f"{called} has no credentials", cure=f"aws configure sso{profile_option(name)}")


# SSO


def _sso_key(section: Profile, sections: Mapping[str, Profile]) -> str:
    """What the file of the session is named after: the session's name, else its start URL. Empty without SSO."""
    session = section.get("sso_session", "")
    return session if f"{_SESSION}{session}" in sections else section.get("sso_start_url", "")


def _cached(key: str, home: Path) -> Mapping[str, object]:
    import hashlib

    name = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
    return document(home / ".aws" / "sso" / "cache" / f"{name}.json")


def _sso(called: str, cure: str, token: Mapping[str, object], now: datetime) -> SignIn:
    """A session with a refresh token is renewed by the library, as long as its registration lasts."""
    source = f"SSO session of {called}"
    if not token.get("accessToken"):
        return SignIn(source, f"{called} has no SSO session", cure)
    ends = moment(token.get("expiresAt"))
    registered = moment(token.get("registrationExpiresAt"))
    renews = bool(token.get("refreshToken") and (registered is None or registered > now))
    if ends is not None and ends <= now and not renews:
        return SignIn(source, f"the SSO session of {called} has expired ({ends:%Y-%m-%d %H:%M} UTC)", cure, ends)
    return SignIn(source, expires=None if renews else ends)


# The machine


def _of_machine(environ: Mapping[str, str]) -> SignIn:
    for name in _CONTAINER:
        if environ.get(name):
            return SignIn(name)
    if hardware_says(_VENDOR, "amazon"):
        return SignIn("the role of this EC2 instance")
    return SignIn(problem="unable to locate credentials: no key, no profile", cure=_NO_CREDENTIALS)
