"""Where the arguments of Airflow's tasks are found."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pendulum
import pytest
from airflow.providers.common.compat.sdk import DAG, BaseOperator, task
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health import preflight
from airflow_sf_health.inference import Uses, _unreadable, late_connections, uses_of
from airflow_sf_health.operators.bulk import SalesforceBulkOperator as Loader
from airflow_sf_health.requirements import Requirements

SITE = ("crm_http", "erp_http")
"""Connections that a site names."""


class Reader(BaseOperator):
    """Keeps its connection under another name."""

    template_fields = ("org",)

    def __init__(self, *, salesforce_conn_id: Any = "salesforce_default", word: str = "", **kwargs: Any):
        super().__init__(**kwargs)
        self.org, self.word = salesforce_conn_id, word


class Nightly(Reader):
    """Gives the class that it is made of its connection."""

    def __init__(self, **kwargs: Any):
        super().__init__(salesforce_conn_id="nightly", **kwargs)


class Http(BaseOperator):
    """Keeps its connection under another name."""

    def __init__(self, *, http_conn_id: str = "crm_http", word: str = "", **kwargs: Any):
        super().__init__(**kwargs)
        self.http, self.word = http_conn_id, word


class Other(BaseOperator):
    """Takes no connection."""

    def __init__(self, *, word: str = "", **kwargs: Any):
        super().__init__(**kwargs)


@task
def load(salesforce_conn_id: str, word: str = "") -> None: ...


@task
@preflight("crm")
def decorated(word: str, salesforce_conn_id: str) -> None: ...


@task
def by_default(word: str = "", salesforce_conn_id: str = "crm") -> None: ...


@task
def by_keyword(*words: str, salesforce_conn_id: str = "crm") -> None: ...


@task
def ask(word: str = "", http_conn_id: str = "crm_http") -> None: ...


def made(make: Callable[[], Any], **default_args: Any) -> Any:
    with DAG("d", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), default_args=default_args) as dag:
        make()
    return dag.get_task("t") if "t" in dag.task_dict else dag.tasks[0]


SALESFORCE: dict[str, tuple[Callable[[], Any], tuple[str, ...] | None]] = {
    "given": (lambda: Reader(task_id="t", salesforce_conn_id="crm"), ("crm",)),
    "by default": (lambda: Reader(task_id="t"), ("salesforce_default",)),
    "mapped": (lambda: Reader.partial(task_id="t", salesforce_conn_id="crm").expand(word=["a"]), ("crm",)),
    "given by a subclass": (lambda: Nightly(task_id="t"), ("nightly",)),
    "by place": (lambda: load("crm"), ("crm",)),
    "by place in a decorator": (lambda: decorated("a", "crm"), ("crm",)),
    "by the function's default": (lambda: by_default("a"), ("crm",)),
    "by its default for a keyword": (lambda: by_keyword("a", "b"), ("crm",)),
    "not by the default": (lambda: by_default("a", "erp"), ("erp",)),
    "a function mapped over something else": (lambda: by_default.expand(word=["a"]), ("crm",)),
    "a function mapped over it": (lambda: by_default.expand(salesforce_conn_id=["erp"]), ("erp",)),
    "none": (lambda: Other(task_id="t"), None),
}


@pytest.mark.parametrize("name", SALESFORCE)
def test_a_connection_to_salesforce(name: str) -> None:
    """However the operator or the function has it."""
    make, conn_ids = SALESFORCE[name]
    found = uses_of(made(make))
    assert (None if found is None else found.conn_ids) == conn_ids


def test_the_default_arguments_of_the_dag() -> None:
    """They are those of whoever takes them, plain or mapped."""

    def conn_ids(make: Callable[[], Any]) -> Any:
        return getattr(uses_of(made(make, salesforce_conn_id="crm")), "conn_ids", None)

    assert conn_ids(lambda: Reader(task_id="t")) == ("crm",)
    assert conn_ids(lambda: Reader.partial(task_id="t").expand(word=["a"])) == ("crm",)
    assert conn_ids(lambda: Reader.partial(task_id="t").expand_kwargs([{"salesforce_conn_id": "erp"}, {}])) == (
        "erp",
        "crm",
    )
    assert conn_ids(lambda: Other(task_id="t")) is None
    assert conn_ids(lambda: Other.partial(task_id="t").expand(word=["a"])) is None


def test_a_template_that_nobody_sees_rendered() -> None:
    """It is known to be unknown: also when the task runs, where only an attribute of the same name would have been rendered."""
    found = made(lambda: Reader(task_id="t", salesforce_conn_id="{{ params.org }}"))
    assert late_connections(found) == ("{{ params.org }}",)
    for rendered in (False, True):
        assert uses_of(found, rendered=rendered) == Uses(late=True)
    found.salesforce_conn_id = "crm"
    assert uses_of(found, rendered=True) == Uses(conn_ids=("crm",))


def test_an_instance_of_a_mapped_task() -> None:
    """It has what the mapped one was given."""
    mapped = made(lambda: Reader.partial(task_id="t", salesforce_conn_id="crm").expand(word=["a"]))
    assert uses_of(mapped.unmap({"word": "a"}), rendered=True) == Uses(conn_ids=("crm",))


NAMED: dict[str, tuple[Callable[[], Any], set[str]]] = {
    "by default": (lambda: Http(task_id="t"), {"crm_http"}),
    "given": (lambda: Http(task_id="t", http_conn_id="erp_http"), {"erp_http"}),
    "another": (lambda: Http(task_id="t", http_conn_id="b"), set()),
    "mapped by default": (lambda: Http.partial(task_id="t").expand(word=["a"]), {"crm_http"}),
    "mapped": (lambda: Http.partial(task_id="t", http_conn_id="erp_http").expand(word=["a"]), {"erp_http"}),
    "mapped, another": (lambda: Http.partial(task_id="t", http_conn_id="b").expand(word=["a"]), set()),
    "over": (lambda: Http.partial(task_id="t").expand(http_conn_id=["erp_http", "b"]), {"erp_http"}),
    "over dicts": (lambda: Http.partial(task_id="t").expand_kwargs([{"http_conn_id": "erp_http"}]), {"erp_http"}),
    "over some dicts": (
        lambda: Http.partial(task_id="t").expand_kwargs([{"http_conn_id": "erp_http"}, {"word": "a"}]),
        {"crm_http", "erp_http"},
    ),
    "a function": (lambda: ask("a", "erp_http"), {"erp_http"}),
    "a function by default": (lambda: ask("a"), {"crm_http"}),
    "a mapped function": (lambda: ask.partial(word="a").expand(http_conn_id=["erp_http", "b"]), {"erp_http"}),
    "a partial function": (lambda: ask.partial(http_conn_id="erp_http").expand(word=["a"]), {"erp_http"}),
    "none": (lambda: Other(task_id="t"), set()),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_connection_that_the_site_names(name: str) -> None:
    """In whatever argument `…conn_id`, wherever its value comes from."""
    make, conn_ids = NAMED[name]
    found = uses_of(made(make), SITE)
    assert set(found.conn_ids if found else ()) == conn_ids


def test_a_named_connection_of_the_dags_default_arguments() -> None:
    """Of whoever takes it."""
    for make in (
        partial(Http, task_id="t"),
        lambda: Http.partial(task_id="t").expand(word=["a"]),
        lambda: Http.partial(task_id="t").expand_kwargs([{"word": "a"}]),
    ):
        assert uses_of(made(make, http_conn_id="erp_http"), SITE) == Uses(conn_ids=("erp_http",))
    assert uses_of(made(lambda: Other.partial(task_id="t").expand(word=["a"]), http_conn_id="erp_http"), SITE) is None


# ── what cannot be read ──────────────────────────────────────────────────────────────────────────────────────────────


class Odd(BaseOperator):
    """Finds its connection when it runs."""

    @property
    def salesforce_conn_id(self) -> str:
        raise KeyError("not configured")


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    _unreadable.forget()
    yield
    _unreadable.forget()


def test_a_property_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """It uses Salesforce, and nobody knows by which connection; its class is named, once."""
    odd = made(lambda: Odd(task_id="t"))
    for rendered in (False, True):
        assert uses_of(odd, rendered=rendered) == Uses(late=True)
    [line] = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert f"{__name__}.Odd" in line
    assert "its 'salesforce_conn_id'" in line
    assert "not configured" in line


def test_a_task_of_which_nothing_can_be_read(caplog: pytest.LogCaptureFixture) -> None:
    """It is no Salesforce task as far as anybody knows, and no error of ours."""

    class Broken:
        @property
        def partial_kwargs(self) -> Any:
            raise RuntimeError("not now")

    assert uses_of(Broken()) is None
    assert "Broken" in caplog.text


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Rows(Sequence[Any]):
    """Somebody's rows, which are fetched when they are read."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: Any) -> Any:
        raise RuntimeError("no session yet")


def bulk(payload: Any) -> Any:
    found = made(
        lambda: SalesforceBulkOperator(
            task_id="t", operation="insert", object_name="Account", payload=[], salesforce_conn_id="crm"
        )
    )
    found.payload = payload
    return found


def test_rows_that_can_be_read_once() -> None:
    """They are the task's."""
    for payload in (iter([{"Name": "a"}]), ({"Name": each} for each in "a")):
        found = uses_of(bulk(payload), rendered=True)
        assert found is not None
        assert found.requirements is not None
        assert found.requirements.as_dict() == {"objects": {"Account": {"insert": []}}}
        assert list(payload) == [{"Name": "a"}]


def test_rows_that_cannot_be_read() -> None:
    """The connection stays known, and no task fails for it."""
    assert uses_of(bulk(Rows()), rendered=True) == Uses(conn_ids=("crm",), kind="bulk")


@pytest.mark.parametrize(("given", "fields"), [(None, ["Name"]), ("001xx0000000001", ["Id", "Name"])])
def test_an_id_that_is_none(given: str | None, fields: list[str]) -> None:
    """An insert whose rows have the column of the id and nothing in it writes no id."""
    found = uses_of(bulk([{"Id": given, "Name": "a"}]), rendered=True)
    assert found is not None
    assert found.requirements is not None
    assert found.requirements.as_dict()["objects"] == {"Account": {"insert": fields}}


def test_very_many_rows() -> None:
    """The first ones say what is needed at least; their number is that of all."""
    rows: list[Any] = [{"Name": "a"}] * 20_000
    rows[15_000] = {"Phone": "1"}
    found = uses_of(bulk(rows), rendered=True)
    assert found is not None
    assert found.requirements is not None
    assert found.requirements.as_dict() == {"objects": {"Account": {"insert": ["Name"]}}, "records": 20_000}


# ── operators of a site's own that are made of stock ones ────────────────────────────────────────────────────────────


class Renames:
    """Gives the rows the names of Salesforce's fields when it runs."""

    payload: Any

    def execute(self, context: Any) -> Any:
        self.payload = [{"Name": row["customer"]} for row in self.payload]
        return super().execute(context)  # type: ignore[misc]


class RenamingBulk(Renames, SalesforceBulkOperator): ...


class RenamingLoader(Renames, Loader): ...


class MoreRenaming(RenamingBulk):
    def on_kill(self) -> None: ...


class Plain(SalesforceBulkOperator):
    """Loads as the stock operator does."""

    def pre_execute(self, context: Any) -> None: ...

    def on_kill(self) -> None: ...


ROW = {"operation": "insert", "object_name": "Account", "salesforce_conn_id": "crm"}
NEEDS = Requirements.of({"objects": {"Account": {"insert": ["customer"]}}, "records": 1})


@pytest.mark.parametrize(
    ("kind", "needs"),
    [
        (SalesforceBulkOperator, NEEDS),
        (Plain, NEEDS),
        (Loader, NEEDS),
        (RenamingBulk, None),
        (MoreRenaming, None),
        (RenamingLoader, None),
    ],
)
def test_an_execute_of_a_sites_own(kind: Any, needs: Requirements | None) -> None:
    """It makes of the arguments what it likes, so they tell the connection and no more; what else a class overrides changes nothing."""
    rows = [{"customer": "a"}]
    plain = made(lambda: kind(task_id="t", payload=rows, **ROW))
    mapped = made(lambda: kind.partial(task_id="t", payload=rows, **ROW).expand(external_id_field=["Id"]))
    for found in (uses_of(plain), uses_of(plain, rendered=True), uses_of(mapped)):
        assert found == Uses(conn_ids=("crm",), requirements=needs, kind="ours" if issubclass(kind, Loader) else "bulk")
