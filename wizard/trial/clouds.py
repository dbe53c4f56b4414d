"""A provider with the sign-in of its cloud, as Crush would have it: a token that can be sent, or why there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.clouds import aws, azure, google
from wizard.clouds.aws import BEARER, profile_option, refresh_command, regions_here
from wizard.clouds.sign_in import SignIn
from wizard.clouds.vendors import sign_in_of
from wizard.crush.builtin_rules import VERTEX_VARIABLES
from wizard.crush.sign_ins import sign_ins
from wizard.private import Private
from wizard.provider.types import CLOUD_TYPES
from wizard.redaction import hide_secret
from wizard.regexp import regexp
from wizard.shown import shell_word
from wizard.trial.signed_out import OnlyTheirs, SignedOut, ToolCommand

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.crush.effective import EffectiveProvider
    from wizard.endpoints.curl import AwsVariables
    from wizard.endpoints.wire import Live
    from wizard.machine.in_force import InForce
    from wizard.network.client import Request

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 the address of those that hand tokens out
_GOOGLE_TELLS = "gcloud auth application-default print-access-token"
GOOGLE_TOKEN, AZURE_TOKEN = "GOOGLE_ACCESS_TOKEN", "AZURE_ACCESS_TOKEN"
"""The variables of lines for curl."""
_PRINTS_TOKEN = regexp(rf"\$\({azure.GETS_IT}[\w ./:=-]*\)")
"""Such a command does nothing else, whoever wrote it."""
_NAMES = regexp(r"[A-Za-z0-9:.-]+")
_LOCATION = regexp(r"[a-z0-9-]+")
_ANYWHERE = ("us", "eu")
"""Locations of many regions, whose host is spelled in another way."""


def signed_in(live: Live, found: InForce) -> Live:
    """The provider with a token, or with keys to sign with; one of another type as it is. Raises SignedOut, and
    OnlyTheirs for a sign-in that only AWS's or Google's own library can use.
    """
    from wizard.endpoints.wire import NO_HTTP

    environ = found.effective.env
    if live.type not in NO_HTTP or live.id not in found.builtins:
        return live
    if live.type == "bedrock" and (token := live.api_key or environ.get(BEARER, "")):
        return replace(live, api_key=token)
    sign_in = sign_in_of(live.type, "", environ, found.around.home) or SignIn()
    if sign_in.problem:
        raise SignedOut(sign_in.problem, sign_in.cure)
    if live.type == "google-vertex":
        return _at_vertex(live, found, sign_in)
    if keys := aws.keys(environ, found.around.home):
        return replace(live, aws=keys)
    raise _for_aws_to_tell(live, sign_in, found)


class CurlSignIn(Private, Struct, frozen=True):
    """How curl signs in: `variable` takes the place of the key, `aws` signs. `setting`: what sets the variables."""

    live: Live
    variable: str = ""
    setting: str = ""
    aws: AwsVariables | None = None


def for_curl(live: Live, template: str, found: InForce) -> CurlSignIn:
    """The provider for lines that somebody else may run: nothing is asked for. `template`: its key as written.

    Raises OnlyTheirs for a project or location that can't be one.
    """
    from wizard.endpoints.curl import AwsVariables

    environ, home = found.effective.env, found.around.home
    if _PRINTS_TOKEN.fullmatch(template):
        return CurlSignIn(live, AZURE_TOKEN, f"{AZURE_TOKEN}={template}")
    if live.api_key or live.id not in found.builtins or live.type not in CLOUD_TYPES:
        return CurlSignIn(live)
    if live.type == "google-vertex":
        return CurlSignIn(
            replace(_placed(live, found), api_key="token"), GOOGLE_TOKEN, f"{GOOGLE_TOKEN}=$({_GOOGLE_TELLS})"
        )
    if environ.get(BEARER):
        return CurlSignIn(replace(live, api_key="token"), BEARER)
    option, keys = profile_option(aws.chosen_profile(environ)), aws.keys(environ, home)
    exports = f'eval "$(aws configure export-credentials{option} --format env)"'
    is_set = keys is not None and keys.access == os.environ.get("AWS_ACCESS_KEY_ID")
    return CurlSignIn(live, setting="" if is_set else exports, aws=AwsVariables(keys is None or bool(keys.token)))


def signed_out(providers: Sequence[EffectiveProvider], found: InForce) -> dict[str, SignedOut]:
    """Those whose sign-in is missing, or over, as far as files tell: nothing is run or asked for them. By id."""
    asked = [provider for provider in providers if provider.id in found.builtins or provider.entry.get("api_key")]
    looked = sign_ins(asked, found.effective, found.around.home)
    return {id_: SignedOut(it.problem, it.cure) for id_, it in looked.items() if it.problem}


def _for_aws_to_tell(live: Live, sign_in: SignIn, found: InForce) -> OnlyTheirs:
    ends = f", until {sign_in.expires:%Y-%m-%d %H:%M} UTC" if sign_in.expires else ""
    option = profile_option(sign_in.profile)
    region = next(iter(regions_here(found.effective.env, found.around.home).values), "us-east-1")
    asked_with = f"{option} --region {shell_word(region)}"

    def read(printed: str) -> Live | None:
        keys = aws.handed_out(printed)
        return replace(live, aws=keys) if keys else None

    tool = ToolCommand(
        f"aws configure export-credentials{asked_with} --format process",
        read,
        cure=refresh_command(sign_in.profile or "default", found.effective.env, found.around.home),
        older=f"aws sts get-caller-identity{asked_with} --query Arn --output text",
        taken=f"AWS accepts the {sign_in.source}",
    )
    problem = f"{sign_in.source} exists{ends}, but was not tested: only the AWS CLI has its keys"
    return OnlyTheirs(problem, f"test it: aws sts get-caller-identity{option}", tool)


def _placed(live: Live, found: InForce) -> Live:
    """A provider of Vertex AI in its project and location."""
    project, location = (found.effective.env.get(name, "") for name in VERTEX_VARIABLES)
    if not (_NAMES.fullmatch(project) and _LOCATION.fullmatch(location)):
        raise OnlyTheirs(f"{project}, {location}: Google Cloud has no such project or location")
    return replace(live, base_url=vertex_host(location), parent=f"projects/{project}/locations/{location}")


def _at_vertex(live: Live, found: InForce, sign_in: SignIn) -> Live:
    there = _placed(live, found)
    adc = google.credentials(found.effective.env, found.around.home)
    if adc.get("type") != "authorized_user":
        problem = f"the {sign_in.source} exist, but were not tested: only gcloud gets a token"
        tool = ToolCommand(_GOOGLE_TELLS, lambda token: replace(there, api_key=token), cure=google.LOGIN)
        raise OnlyTheirs(problem, f"test it: {_GOOGLE_TELLS}", tool)
    return replace(there, api_key=_token(adc, found))


def vertex_host(location: str) -> str:
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in _ANYWHERE:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


def _token(adc: Mapping[str, object], found: InForce) -> str:
    """What Google's library gets for the refresh token, from the same place."""
    from wizard.network.client import Request
    from wizard.network.running import run

    fields = {name: str(adc.get(name, "")) for name in ("client_id", "client_secret", "refresh_token")}
    for name in ("client_secret", "refresh_token"):
        hide_secret(fields[name])
    request = Request("POST", TOKEN_URL, {}, {"grant_type": "refresh_token", **fields}, is_form=True)
    status, answer = run(lambda: _sent(request, found.requests_environ))
    token = answer.get("access_token")
    if status != 200 or not isinstance(token, str):
        said = str(answer.get("error", f"HTTP {status}"))
        raise SignedOut(f"Google refuses the Application Default Credentials: {said}", google.LOGIN)
    return token


async def _sent(request: Request, environ: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
    from wizard.network.client import Client, NotJson, Unreachable

    async with Client(environ) as client:
        try:
            answer = await client.send(request)
            document = answer.json()
        except Unreachable as error:
            raise OnlyTheirs(f"no token from {TOKEN_URL}: {error.message}") from error
        except NotJson:
            document = {}
    return answer.status, document if isinstance(document, dict) else {}
