"""What Crush makes of a value, against the vectors of crush-behaviour 4, and what its own parser does beyond them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.expansion.expand import Expanded, expand
from wizard.provider.template import escape_literal, lookup, lookup_in_header, placeholder
from wizard.redaction import MASK, redact

ENVIRON = {"FOO": "foo", "EMPTY": "", "REF": "FOO", "N": "7", "FILE": "a/b/c.tar.gz", "UML": "äöü", "HOME": "/home/u"}


def text_of(template: str) -> str | None:
    return expand(template, ENVIRON).text


# Crush-behaviour 4.2: the vectors, as they stand there


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$FOO", "foo"),
        ("${FOO}_BAR", "foo_BAR"),
        ("$FOO_BAR", ""),
        ("$FOO-BAR", "foo-BAR"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${FOO:+alt}", "alt"),
        ("a$", "a$"),
        ("100$", "100$"),
        ("a$ b", "a$ b"),
        ("$%", "$%"),
        ("$.", "$."),
        ("$/", "$/"),
        ("$$", ""),
        ("$1", ""),
        ("$@", ""),
        ("$?", ""),
        ("$!", ""),
        ("pa$$word", "paword"),
        ("p@ss$word", "p@ss"),
        ("a$5b", "ab"),
        ("$env:FOO", ":FOO"),
        ("'$FOO'", "'foo'"),
        ('"$FOO"', '"foo"'),
        ('"q"', '"q"'),
        ("it's $FOO", "it's foo"),
        (r"\$FOO", "$FOO"),
        (r"\\$FOO", r"\foo"),
        (r"C:\Users\me", r"C:\Users\me"),
        (r"C:\\Users", r"C:\Users"),
        (r"C:\$FOO", "C:$FOO"),
        (r"\n", r"\n"),
        ("\\", "\\"),
        ("\\\\", "\\"),
        ("~/x", "~/x"),
        ("*", "*"),
        ("{a,b}", "{a,b}"),
        ("%USERPROFILE%", "%USERPROFILE%"),
        ("  x $FOO  ", "  x foo  "),
        ("${!FOO}", ""),
        ("${FOO/o/0}", "f0o"),
        ("${#FOO}", "3"),
        ("${FOO^^}", "FOO"),
        ("${FOO:0:2}", "fo"),
        ("$((1+2))", "3"),
    ],
)
def test_the_vectors_of_4_2(template: str, text: str) -> None:
    assert expand(template, ENVIRON).kind == "text"
    assert text_of(template) == text


@pytest.mark.parametrize("template", ["$", "${UNSET:?m}", "a`b", "${", "$(", "${FOO", "$(("])
def test_the_errors_of_4_2(template: str) -> None:
    expanded = expand(template, ENVIRON)
    assert (expanded.kind, expanded.text) == ("error", None)
    assert expanded.error


@pytest.mark.parametrize("template", ["$(exit 3)", "$(false)", "${FOO:-$(false)}", "`exit 127`"])
def test_a_command_that_does_nothing_but_fail_is_an_error(template: str) -> None:
    expanded = expand(template, ENVIRON)
    assert (expanded.kind, expanded.commands, expanded.crashes) == ("error", (), False)


@pytest.mark.parametrize("operator", "uULKk")
def test_crush_crashes_on_operators_that_it_knows_by_name_only(operator: str) -> None:
    for template in (f"${{UNSET@{operator}}}", f"${{FOO:-${{FOO@{operator}}}}}"):
        expanded = expand(template, ENVIRON)
        assert (expanded.kind, expanded.crashes) == ("error", True)
    assert not expand(f"${{UNSET:?m}}${{FOO@{operator}}}", ENVIRON).crashes, "the first error ends it"


@pytest.mark.parametrize(
    ("template", "command"),
    [
        ("`echo bt`", "echo bt"),
        ("$(exit $CODE)", "exit $CODE"),
        ("$(nosuch)", "nosuch"),
        ("$(false; echo a)", "false; echo a"),
        (r"$(printf 'a\n\n')", r"printf 'a\n\n'"),
        ('x$(echo ")")y', 'echo ")"'),
        ("$(echo `a` $(b) ${C} \\) ')')", "echo `a` $(b) ${C} \\) ')'"),
        ("$(echo a # it's\n)", "echo a # it's"),
        (r"`echo \`a\` \$X`", "echo `a` $X"),
    ],
)
def test_a_command_is_named_and_never_run(template: str, command: str) -> None:
    expanded = expand(template, ENVIRON)
    assert (expanded.kind, expanded.text, expanded.commands) == ("command", None, (command,))


@pytest.mark.parametrize(
    ("template", "text"),
    [("a\r\nb", "a\r\nb"), ("a\r\n$FOO", "a\nfoo"), ("a\rb$FOO", "a\rbfoo"), ("a\0b$FOO", "abfoo"), ("\0", "\0")],
)
def test_line_ends_change_only_where_something_is_expanded(template: str, text: str) -> None:
    """Crush-behaviour 4.2, 2 and 8."""
    assert text_of(template) == text


def test_a_backslash_at_a_line_end_vanishes_with_it() -> None:
    """Crush-behaviour 4.2, 4."""
    assert text_of("a\\\nb$FOO") == "abfoo"


# Beyond the vectors; each was run through the parser that Crush is built with (mvdan.cc/sh 3.13.1)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("${UNSET-d}", "d"),
        ("${UNSET:=d}", None),
        ("${FOO:=d}", "foo"),
        ("${EMPTY=d}", ""),
        ("${FOO+a}${UNSET+a}", "a"),
        ("${EMPTY+a}${EMPTY:+b}", "a"),
        ("${FOO:?m}${EMPTY?m}", "foo"),
        ("${UNSET:-${EMPTY:-$FOO}}", "foo"),
        ("${UNSET:-a b;c|d&e<f>(g)#h}", "a b;c|d&e<f>(g)#h"),
        ("${UNSET:-\"q $FOO\"'r $FOO'}", "q foor $FOO"),
        ("${UNSET:-'a}b'}", "a}b"),
        (r"${UNSET:-\$FOO}", r"\$FOO"),
        (r"${UNSET:-\}}", r"\}"),
        ("${UNSET:-a{b}c}", "a{bc}"),
        ("${UNSET:-~/x}${UNSET:-a~}", "/home/u/xa~"),
        ("${FOO//o/0}", "f00"),
        ("${FOO/o}", "fo"),
        ("${FOO/o/$N}", "f7o"),
        ("${FOO//?/X}", "XXX"),
        ("${FOO//*/X}", "X"),
        ("${EMPTY//*/X}", "X"),
        (r"${FILE//\//-}", "a-b-c.tar.gz"),
        ("${FILE//[a-c]/X}", "X/X/X.tXr.gz"),
        ("${FOO/#f/X}", "foo"),
        ("${FILE#*/}", "b/c.tar.gz"),
        ("${FILE##*/}", "c.tar.gz"),
        ("${FILE%.*}", "a/b/c.tar"),
        ("${FILE%%.*}", "a/b/c"),
        ("${FILE##[!b]*b}", "/c.tar.gz"),
        (r"${FOO#\f}", "oo"),
        ("${FOO^}${FOO^o}${FOO^^o}", "FoofOofOO"),
        ("${FOO,,}", "foo"),
        ("${FOO:1}${FOO: -1}${FOO::2}${FOO:0:-1}${FOO:9}", "oo" + "o" + "fo" + "fo"),
        ("${UML:0:2}", "ä"),
        ("${#UML}${#UNSET}", "30"),
        ("${!REF}", "foo"),
        ("${#}${!}${@}${1}${10}$10", "0"),
        ("$((N * 2))$(( (1+2)*3 ))", "149"),
        ("$(($N-${N}+UNSET))", "0"),
        ("$((-5/2))$((-5%3))$((2**3**2))$((-2**2))", "-2-25124"),
        ("$((1<<3|1))$((3==3&&2>1))$((!1))$((~1))", "910-2"),
    ],
)
def test_what_crush_can_do_without_a_command(template: str, text: str | None) -> None:
    assert text_of(template) == text


@pytest.mark.parametrize(
    "template",
    [
        "${UNSET:=d}",
        "${UNSET?m}",
        "${!UNSET}",
        "${}",
        "${é}",
        "${FOO }",
        "${FOO:}",
        "${FOO:%x}",
        "${FOO~}",
        "${#FOO:-x}",
        "$((1/0))",
        "$(())",
        "$((1)",
        '${FOO:-"}',
        "$(echo '",
        "$(# closed by nothing)",
    ],
)
def test_what_crush_refuses(template: str) -> None:
    assert expand(template, ENVIRON).kind == "error"


@pytest.mark.parametrize(
    "template",
    [
        "$[1+2]",
        "${FOO@Q}",
        "${FOO[0]}",
        "${!FO*}",
        "${UML:1:2}",
        "${FOO:N}",
        "${FOO#[[:alpha:]]}",
        "${FOO/'o'/x}",
        "${UNSET:-~root}",
        "${UNSET:-$'a'}",
        "$LINENO",
        "$((N++))",
        "$((1?2:3))",
        "$((0x1f))",
        "$((2**63))",
        "$((9223372036854775807+1))",
        "$(case a in a) echo x;; esac)",
        "$(cat <<E\n)\nE\n)",
        "$FO\\\nO",
        "${X:-" * 100,
        '$("' * 100,
        "$" + "x" * 100_000,
    ],
)
def test_what_is_not_covered_is_said_to_be_unknown(template: str) -> None:
    expanded = expand(template, ENVIRON)
    assert (expanded.kind, expanded.text) == ("unknown", None)


# Commands in a default


def test_a_command_in_an_unused_default_runs_as_well() -> None:
    """Crush expands the word of `${X:-...}` before it looks whether it is wanted, and fails with it."""
    expanded = expand("${FOO:-$(pass show key)}", ENVIRON)
    assert (expanded.kind, expanded.text, expanded.commands) == ("text", "foo", ("pass show key",))


def test_a_used_default_that_is_a_command_can_not_be_told() -> None:
    expanded = expand("${UNSET:-$(pass show key)}", ENVIRON)
    assert (expanded.kind, expanded.text, expanded.commands) == ("command", None, ("pass show key",))


def test_an_error_anywhere_beats_a_command() -> None:
    assert expand("$(date)${", ENVIRON).kind == "error"
    assert expand("$(date)${UNSET:?}", ENVIRON).kind == "error"


def test_an_empty_pattern_leaves_its_replacement_alone() -> None:
    assert expand("${FOO///$(date)}", ENVIRON) == Expanded("foo", "text", variables=("FOO",))


# Our own lookups


def nothing(_name: str) -> str | None:
    """A store that has none."""
    return None


def test_our_lookups_are_answered_by_the_store() -> None:
    held = {"KEY": "sk-1\n\n"}
    for spell in (lookup, lookup_in_header):
        expanded = expand(spell("KEY"), {}, held.get)
        assert (expanded.kind, expanded.text) == ("text", "sk-1")
        assert (expanded.lookups, expanded.commands, expanded.unset) == (("KEY",), (), ())
    assert expand("`crush-wizard secret get KEY`", {}, held.get).text == "sk-1"


def test_a_lookup_that_finds_nothing_fails_unless_it_forgives() -> None:
    failed = expand(lookup("KEY"), {}, nothing)
    assert (failed.kind, failed.lookups) == ("error", ("KEY",))
    assert "KEY" in failed.error
    assert expand(lookup_in_header("KEY"), {}, nothing).text == ""


def test_a_set_variable_does_not_keep_crush_from_looking() -> None:
    """The lookup runs; where the store has nothing, it hands out the variable itself."""
    assert expand(lookup("KEY"), {"KEY": "sk-1"}, nothing).text == "sk-1"
    assert expand(lookup_in_header("KEY"), {"KEY": "sk-1"}, nothing).text == "sk-1"
    assert expand(lookup("KEY"), {"KEY": "sk-1"}, {"KEY": "other"}.get).text == "sk-1"


def test_without_a_store_to_ask_a_lookup_is_a_command() -> None:
    expanded = expand(lookup("KEY"), {})
    assert (expanded.kind, expanded.commands) == ("command", ("crush-wizard secret get KEY",))
    assert expanded.lookups == ("KEY",)


@pytest.mark.parametrize(
    "command", ["crush-wizard secret get KEY; rm x", "crush-wizard secret get $KEY", "x secret get K"]
)
def test_any_other_command_is_no_lookup(command: str) -> None:
    expanded = expand(f"$({command})", {}, {"KEY": "sk-1"}.get)
    assert (expanded.kind, expanded.commands, expanded.lookups) == ("command", (command,), ())


# Variables


@pytest.mark.parametrize(
    ("template", "variables", "unset"),
    [
        ("$A $FOO", ("A", "FOO"), ("A",)),
        ("$EMPTY$EMPTY", ("EMPTY",), ("EMPTY",)),
        ("${A:-d}${A-d}${A:+x}${A+x}${#A}", ("A",), ()),
        ("${A:-$B}", ("A", "B"), ("B",)),
        ("${FOO:-$B}", ("FOO", "B"), ()),
        ("${A:?m}", ("A",), ("A",)),
        ("${A%/}$((C))", ("A", "C"), ("A",)),
        (r"\$A $1 $(echo $B)", (), ()),
    ],
)
def test_variables(template: str, variables: tuple[str, ...], unset: tuple[str, ...]) -> None:
    expanded = expand(template, ENVIRON)
    assert (expanded.variables, expanded.unset) == (variables, unset)


# For any string


@given(st.text().filter(lambda text: "\r\n" not in text and "\0" not in text and text != "$"))
def test_an_escaped_literal_reads_back_as_itself(literal: str) -> None:
    """Crush-behaviour 4.3."""
    assert text_of(escape_literal(literal)) == literal


def test_a_lone_dollar_is_fine_once_escaped() -> None:
    assert text_of(escape_literal("$")) == "$"


WORDS = "$ ${ } VALUE $( ) $(( )) ` \\ ' \" FOO EMPTY UNSET N :- - :+ :? := / // # ## % %% ^^ , : ! @ * ? [ ] ~ 1 é"
SHELL_TEXT = st.lists(
    st.sampled_from([*WORDS.split(), "echo", "case", "<<", " ", "\n", "\r\n", "\0", "\ud800"]) | st.text(max_size=3),
    max_size=30,
).map("".join)


@given(SHELL_TEXT, st.text() | st.just("\ud800"))
def test_every_string_has_an_answer(template: str, value: str) -> None:
    expanded = expand(template, {**ENVIRON, "VALUE": value, "N": "$VALUE"}, {"A": "b"}.get)
    assert (expanded.text is not None) == (expanded.kind == "text")
    assert bool(expanded.error) == (expanded.kind in ("error", "unknown"))
    assert set(expanded.unset) <= set(expanded.variables)


@given(st.text(), st.text())
def test_what_a_variable_holds_is_never_expanded_again(before: str, value: str) -> None:
    environ = {"KEY": value}
    assert expand(placeholder("KEY"), environ).text == value
    assert expand(escape_literal(before.replace("\r\n", "").replace("\0", "")) + "${KEY}", environ).text == (
        before.replace("\r\n", "").replace("\0", "") + value
    )


def test_doubling_ends_somewhere() -> None:
    """32,000 times a value of 100,000 characters."""
    assert expand("$A" * 32_000, {"A": "x" * 100_000}).kind == "unknown"
    assert expand("${A//a*b/c}", {"A": "a" * 100_000}).kind == "unknown"


def test_the_deepest_that_is_read_fits_the_stack() -> None:
    assert expand("${A:-" * 39 + "$((" + "(" * 10 + "1" + ")" * 10 + "))" + "}" * 39, {}).text == "1"


def test_nothing_of_a_key_is_shown() -> None:
    expanded = expand("${KEY:-$(echo sk-other)}", {"KEY": "sk-secret"})
    assert "sk-" not in repr(expanded)
    assert "sk-" not in expand("sk-literal${KEY:?sk-message}", {}).error


@pytest.mark.parametrize(
    ("name", "value", "template", "hidden"),
    [
        ("WORK_KEY", "hunter2x", "$WORK_KEY", "hunter2x"),
        ("WORK_KEY", "hunter2-and-more", "${WORK_KEY:8}", "and-more"),
        ("WORK", "sk-canary-0123456789abcdef", "m-${WORK:-x}", "sk-canary-0123456789abcdef"),
        ("WORK_KEY", "pa$$word-of-mine", "${WORK_KEY#x}", "pa$$word-of-mine"),
    ],
)
def test_a_secret_is_known_from_where_it_is_expanded_on(name: str, value: str, template: str, hidden: str) -> None:
    expand(template, {name: value})
    assert redact(f"a {hidden}.") == f"a {MASK}."


@pytest.mark.parametrize(("name", "value"), [("TEAM", "platform"), ("WORK_KEY", "secret"), ("WORK_KEY", "ollama")])
def test_a_word_stays_one(name: str, value: str) -> None:
    expand(f"${name}", {name: value})
    assert redact(value) == value
