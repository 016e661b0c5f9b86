"""A broken cause file is refused with the name of the file, the line and the field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_sf_health.causes import CauseFileError
from airflow_sf_health.causes._read import read_cause
from airflow_sf_health.org.flows import LoginFlow

if TYPE_CHECKING:
    from airflow_sf_health.causes import Cause

GOOD = """+++
title = "the door is shut"
kind = "access"
who = "Door keeper"
action = "The door keeper must open the door for {user}"
retry = "later"
retry_after = 30
reauth = false

[[articles]]
publisher = "Doors"
number = "7"
title = "Doors"
url = "https://doors.example/7"

[[recognisers]]
code = "SHUT"
shape = "rest"
status = 403

[[recognisers]]
message_has = "is shut"
certain = false

[[candidates]]
cause = "window_shut"
tell = "The window is shut too."
codes = ["SHUT"]
+++

## Means

The door
is shut.

## Shows

As `SHUT`.

## Do

1. Door keeper: open the door at
   the house. {user_url}
2. Airflow: run again.

## Works again

At once.
"""


def read(text: str) -> Cause:
    return read_cause("door_shut", text, file="site/door_shut.md")


def test_whole_file() -> None:
    """Every part of a file arrives in its field, with lines of one paragraph or step joined."""
    cause = read(GOOD)
    assert (cause.id, cause.title, cause.kind, cause.who) == ("door_shut", "the door is shut", "access", "Door keeper")
    assert (cause.retry, cause.retry_after, cause.reauth) == ("later", 30, False)
    assert (cause.articles[0].publisher, cause.articles[0].number) == ("Doors", "7")
    first, second = cause.recognisers
    assert (first.code, first.shape, first.status, first.certain) == ("SHUT", "rest", 403, True)
    assert (second.code, second.message_has, second.certain) == (None, "is shut", False)
    assert cause.candidates[0].codes == ("SHUT",)
    assert cause.means == "The door is shut."
    assert [step.role for step in cause.steps] == ["Door keeper", "Airflow"]
    assert cause.steps[0].text == "open the door at the house. {user_url}"


def test_lists_of_a_recogniser() -> None:
    """One table may list several codes, words and statuses, and stands for each of them with each other."""
    listed = GOOD.replace(
        'code = "SHUT"', 'codes = ["SHUT", "LOCKED"]\nmessages_have = ["front", "back"]\ngeneral = true'
    )
    listed = listed.replace("status = 403", "statuses = [403, 423]")
    *several, last = read(listed).recognisers
    named = {(each.code, each.message_has, each.status) for each in several}
    assert named == {
        (code, words, status) for code in ("SHUT", "LOCKED") for words in ("front", "back") for status in (403, 423)
    }
    assert all(each.general and not each.opaque for each in several)
    assert not last.general


def test_list_of_the_wrong_kind() -> None:
    """A list of statuses holds whole numbers."""
    with pytest.raises(CauseFileError, match=r"field 'recognisers\[0\].statuses': must be a list of whole numbers"):
        read(GOOD.replace("status = 403", 'statuses = ["403"]'))


def test_flows_of_a_candidate() -> None:
    """A candidate may be limited to login flows; without a list it is not."""
    limited = read(GOOD.replace('codes = ["SHUT"]', 'flows = ["jwt_bearer", "password"]'))
    assert limited.candidates[0].flows == (LoginFlow.JWT_BEARER, LoginFlow.PASSWORD)
    assert read(GOOD).candidates[0].flows == ()


def test_line_ends_of_windows() -> None:
    """A file saved with Windows line ends and a byte order mark reads the same."""
    assert read("\ufeff" + GOOD.replace("\n", "\r\n")) == read(GOOD)


BROKEN = [
    pytest.param("+++\ntitle", "title", "line 1", "must begin with a line +++", id="no fence"),
    pytest.param('["SHUT"]\n+++', '["SHUT"]', "site/door_shut.md", "no second line +++", id="open fence"),
    pytest.param('kind = "access"', 'kind = "access', "line 3", "no valid TOML", id="toml"),
    pytest.param(
        'kind = "access"', 'kind = "acces"', "line 3, field 'kind'", "must be one of config, access", id="kind"
    ),
    pytest.param('retry = "later"', 'retry = "soon"', "line 6, field 'retry'", "never, later, now", id="retry"),
    pytest.param("retry_after = 30", 'retry_after = "30"', "line 7, field 'retry_after'", "whole number", id="number"),
    pytest.param("retry_after = 30", "retry_after = true", "line 7, field 'retry_after'", "whole number", id="bool"),
    pytest.param("reauth = false", "", "field 'reauth'", "is missing", id="no reauth"),
    pytest.param("reauth = false", "reauth = 0", "line 8, field 'reauth'", "true or false", id="reauth"),
    pytest.param(
        "retry_after = 30", "retry_afer = 30", "line 7, field 'retry_afer'", "'retry_after'?", id="unknown key"
    ),
    pytest.param("retry_after = 30", "zzz = 30", "line 7, field 'zzz'", "known are title", id="strange key"),
    pytest.param('title = "the door is shut"\n', "", "field 'title'", "is missing", id="no title"),
    pytest.param('"the door is shut"', '" "', "line 2, field 'title'", "must not be empty", id="empty title"),
    pytest.param("https://doors", "http://doors", "line 14, field 'articles[0].url'", "https://", id="url"),
    pytest.param('number = "7"', "nummer = 7", "line 12, field 'articles[0].nummer'", "'number'?", id="article key"),
    pytest.param("[[articles]]", "[articles]", "field 'articles'", "[[articles]]", id="single table"),
    pytest.param("[[articles]]", "[[artikles]]", "field 'artikles'", "'articles'?", id="unknown table"),
    pytest.param('shape = "rest"', 'shape = "rset"', "line 18, field 'recognisers[0].shape'", "rest", id="shape"),
    pytest.param('message_has = "is shut"\n', "", "line 21, field 'recognisers[1]'", "recognises by", id="empty"),
    pytest.param("certain = false", "sure = false", "line 23, field 'recognisers[1].sure'", "known", id="recogniser"),
    pytest.param('tell = "The window is shut too."\n', "", "'candidates[0].tell'", "is missing", id="no tell"),
    pytest.param('codes = ["SHUT"]', "codes = [1]", "'candidates[0].codes'", "list of texts", id="codes"),
    pytest.param('codes = ["SHUT"]', 'flows = ["jwt"]', "'candidates[0].flows'", "jwt_bearer", id="flows"),
    pytest.param("{user_url}", "{user_ulr}", "line 43", "did you mean 'user_url'?", id="placeholder"),
    pytest.param("{user}", "{}", "line 5", "unknown placeholder", id="empty placeholder"),
    pytest.param("## Shows", "## Show", "field 'Show'", "'Shows'?", id="unknown section"),
    pytest.param("As `SHUT`.", "", "field 'Shows'", "missing or empty", id="empty section"),
    pytest.param("\n## Works again\n\nAt once.\n", "", "field 'Works again'", "missing or empty", id="no section"),
    pytest.param("At once.", "At once.\n\n## Means\n\nTwice.", "line 50", "once each", id="section twice"),
    pytest.param("2. Airflow", "3. Airflow", "line 44, field 'Do'", "expected step 2.", id="numbering"),
    pytest.param("2. Airflow: run", "2. Run", "field 'Do'", "starts with who acts", id="no role"),
]


@pytest.mark.parametrize(("old", "new", "place", "problem"), BROKEN)
def test_broken_file(old: str, new: str, place: str, problem: str) -> None:
    """The first fault of a file is told with the file's name, the place and what would be right."""
    assert old in GOOD
    with pytest.raises(CauseFileError) as caught:
        read(GOOD.replace(old, new, 1))
    text = str(caught.value)
    assert text.startswith("site/door_shut.md")
    assert place in text
    assert problem in text


def test_list_in_place_of_tables() -> None:
    """A list of something else under a table's name is refused, not read by its luck."""
    start, end = GOOD.index("[[articles]]"), GOOD.index("[[recognisers]]")
    with pytest.raises(CauseFileError, match=r"line 9, field 'articles': must be tables"):
        read(GOOD[: start - 1] + "articles = [1]\n" + GOOD[end:])


def test_no_steps() -> None:
    """Advice without a step is no advice."""
    start, end = GOOD.index("1. Door"), GOOD.index("## Works")
    with pytest.raises(CauseFileError, match=r"field 'Do'"):
        read(GOOD[:start] + "   \n" + GOOD[end:])


def test_error_carries_its_data() -> None:
    """Who catches the error reads file, line and field from it, not from its text."""
    with pytest.raises(CauseFileError) as caught:
        read(GOOD.replace('"later"', '"soon"'))
    assert (caught.value.file, caught.value.line, caught.value.field) == ("site/door_shut.md", 6, "retry")
    assert isinstance(caught.value, ValueError)
