"""The environment in which Crush expands values (crush-behaviour 1.8 and 4.4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.expansion.dotenv import read_dotenv
from wizard.expansion.environment import EnvProblem, prefixed, with_config_env
from wizard.expansion.expand import expand

# .env; each case was run through the loader that Crush is built with (godotenv 1.5.1)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("A=1\nB=2", {"A": "1", "B": "2"}),
        ("export A=1", {"A": "1"}),
        ("exportA=1", {"exportA": "1"}),
        ("A: 1", {"A": "1"}),
        ("  A = 1  \n", {"A": "1"}),
        ("# c\n\nA=1 # c", {"A": "1"}),
        ("A=x # c # d", {"A": "x # c"}),
        ("A=x#y\nB=#z", {"A": "x#y", "B": "#z"}),
        ("A='x $B' # c\nB=\"$A\"", {"A": "x $B", "B": "x $B"}),
        (r'A="a\"b\ttab\\."', {"A": 'a"bttab\\.'}),
        ('A="x\\ny"\nB="1\n2"', {"A": "x\ny", "B": "1\n2"}),
        (r"A='a\nb'", {"A": r"a\nb"}),
        ("A=''\nB=", {"A": "", "B": ""}),
        ("B=2\nA=$B-${B}x\nC=\\$B", {"B": "2", "A": "2-2x", "C": "$B"}),
        ("A=$B\nb=1\nC=$b", {"A": "", "b": "1", "C": "$b"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A=1\nB", {"A": "1"}),
        ("=1\nA=2", {"A": "2"}),
        ("", {}),
    ],
)
def test_a_dotenv_file(text: str, variables: dict[str, str]) -> None:
    assert read_dotenv(text) == variables


@pytest.mark.parametrize(
    "broken", ["A=1\nB-C=2", "A=1\nB='x", 'A=1\nB="x\nC=1', "---\nA=1", "A\nB=1", "A=1\nexport ", r'A="\\"']
)
def test_one_wrong_line_and_crush_takes_nothing(broken: str) -> None:
    assert read_dotenv(broken) == {}


def test_names_that_stand_for_names_end_somewhere() -> None:
    doubling = "".join(f"{chr(66 + i)}=${chr(65 + i)}${chr(65 + i)}\n" for i in range(24))
    assert read_dotenv("A=0123456789\n" + doubling) == {}


@given(st.text(alphabet="AB=:'\"\\#$(){} \n\r\tx.-é", max_size=60) | st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert all(name and "=" not in name for name in read_dotenv(text))


@given(st.dictionaries(st.from_regex(r"[A-Za-z_]\w*", fullmatch=True).filter(str.isascii), st.text('abc $#"\\x=:')))
def test_single_quotes_keep_all(variables: dict[str, str]) -> None:
    text = "".join(f"{name}='{value.strip(chr(92))}'\n" for name, value in variables.items())
    assert read_dotenv(text) == {name: value.strip("\\") for name, value in variables.items()}


# The config's own variables


def test_variables_are_set_by_name_whatever_their_order() -> None:
    """Crush-behaviour 4.4: BAR comes first, and FOO is not there yet."""
    environ, problems = with_config_env({"FOO": "${EMPTY:-foo}", "BAR": "$FOO-bar"}, {})
    assert (environ, problems) == ({"FOO": "foo", "BAR": "-bar"}, ())
    assert expand("$FOO$BAR", environ).text == "foo-bar"


def test_they_override_and_build_on_what_is_there() -> None:
    before = {"A": "1", "Z": "26"}
    assert with_config_env({"A": "$Z", "B": "$A"}, before) == ({"A": "26", "B": "26", "Z": "26"}, ())
    assert before == {"A": "1", "Z": "26"}


def test_a_failing_one_is_skipped_and_the_old_value_stays() -> None:
    """Crush-behaviour 10.2, W14."""
    environ, problems = with_config_env({"A": "${NO:?}", "B": "$", "C": "c"}, {"A": "1"})
    assert environ == {"A": "1", "C": "c"}
    assert [(problem.name, problem.code) for problem in problems] == [("A", "W14"), ("B", "W14")]


def test_what_only_a_command_tells_has_no_value_nor_has_what_builds_on_it() -> None:
    environ, problems = with_config_env({"BAR": "$FOO-bar", "FOO": "$(echo foo)", "X": "x$FOO", "Y": "y"}, {"FOO": "0"})
    assert environ == {"BAR": "0-bar", "Y": "y"}
    assert problems == (
        EnvProblem("FOO", "", "it can't be known without running its command"),
        EnvProblem("X", "", "it depends on FOO, which is unknown"),
    )


def test_our_own_lookup_is_answered() -> None:
    environ, problems = with_config_env({"A": "$(crush-wizard secret get KEY)"}, {}, {"KEY": "sk-1"}.get)
    assert (environ, problems) == ({"A": "sk-1"}, ())


def test_what_can_be_no_variable_is_no_variable() -> None:
    environ, problems = with_config_env({"": "x", "A=B": "x", "C": 1, "D": "a\0b"}, {})
    assert environ == {}
    assert [(problem.name, problem.code) for problem in problems] == [("", "W14"), ("A=B", "W14"), ("D", "W14")]


# The prefix


def test_the_prefix_stands_in_while_providers_are_configured() -> None:
    """Crush-behaviour 4.4."""
    environ = {"CRUSH_OPENAI_API_KEY": "x", "OPENAI_API_KEY": "y", "CRUSH_NEW": "n", "CRUSH_": "z"}
    assert prefixed(environ) == {**environ, "OPENAI_API_KEY": "x", "NEW": "n"}
    assert environ["OPENAI_API_KEY"] == "y"
