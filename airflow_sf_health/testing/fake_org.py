"""A Salesforce org on loopback, for tests and demos, reached by unmodified clients over real TLS."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from airflow_sf_health.testing.application import application
from airflow_sf_health.testing.certificates import Authority, new_key_pair
from airflow_sf_health.testing.connections import NAMES, Connection, Connections, as_json, reach, variable
from airflow_sf_health.testing.containment import contain
from airflow_sf_health.testing.context import OrgContext
from airflow_sf_health.testing.control import control_application
from airflow_sf_health.testing.counting import Counts, Meter, RequestRecord
from airflow_sf_health.testing.edge import Edge
from airflow_sf_health.testing.faults import Fault, Faults
from airflow_sf_health.testing.proxy import ANONYMOUS, ConnectProxy
from airflow_sf_health.testing.schema_changes import add_object, remove_field, rename_field
from airflow_sf_health.testing.seed import default_org
from airflow_sf_health.testing.server import Service

if TYPE_CHECKING:
    from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
    from airflow_sf_health.testing.state import OrgState, User


class FakeOrg:
    """A Salesforce org that serves while the ``with`` block runs::

        with FakeOrg() as org:
            os.environ |= org.environ()      # proxy, CA bundle, AIRFLOW_CONN_SF_… for each login flow
            org.user().active = False        # change it as an administrator would, while it serves
            with org.fault(path="/services/data/*", status=503, times=2):
                ...
            assert org.counts().logins == 1

    :param state: what the org knows; by default a production org with an integration user and an administrator.
        Its ``apps[0].certificate_pem`` must fit ``private_key``.
    :param private_key: PEM text of the key that signs JWT assertions, where ``state`` is given.
    :param latency: seconds for each request; ``part_latency``: for each part of a composite request.
    :param control_port: port of the control endpoint; 0 takes any free one.
    """

    def __init__(
        self,
        state: OrgState | None = None,
        private_key: str = "",
        *,
        latency: float = 0.0,
        part_latency: float = 0.0,
        control_port: int = 0,
    ) -> None:
        self._certificate = ""
        if state is None:
            private_key, self._certificate = new_key_pair()
            state = default_org(self._certificate)
        self.private_key = private_key
        self.context = OrgContext(state, Meter(), Faults())
        self.latency = latency
        self.part_latency = part_latency
        self._control_port = control_port
        self._service: Service | None = None
        self._directory: Path | None = None
        self._grants: dict[str, Connection] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to serve; in about a tenth of a second.

        :raises OSError: when the control port is taken.
        """
        authority = Authority()
        self._directory = Path(tempfile.mkdtemp(prefix="sf-health-fake-org-"))
        authority.write_bundle(self.ca_bundle)
        proxy = ConnectProxy(self.context.meter, self.context.faults, authority)
        edge = Edge(application(self.context), self.context, proxy)
        service = Service(edge, control_application(self), proxy, authority.server_context(), self._control_port)
        try:
            service.start()
        except BaseException:
            shutil.rmtree(self._directory)
            raise
        self._service = service

    def stop(self) -> None:
        """Cut all connections and end the threads. The org may be started again, with all that it knows."""
        if self._service is not None:
            self._service.stop()
            self._service = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)

    # What the org knows

    @property
    def state(self) -> OrgState:
        return self.context.state

    def user(self, username: str | None = None) -> User:
        """The user of this name, by default the integration user.

        :raises KeyError: when the org has no such user.
        """
        if username is None:
            return self.state.users[0]
        user = self.state.user_named(username)
        if user is None:
            raise KeyError(f"No user {username!r} in the fake org.")
        return user

    def add_object(self, name: str, *fields: FieldSpec, label: str = "") -> ObjectSpec:
        """A new custom object with the fields that each has, and these; the integration user gets all rights on it.

        :raises KeyError: for a name that is taken or is no name of a custom object.
        """
        return add_object(self.state, name, *fields, label=label)

    def rename_field(self, object_name: str, old: str, new: str, label: str | None = None) -> None:
        """Give a field another API name, as an administrator does; rows and rights follow.

        :raises KeyError: for an object or field that there is not, or a new name that is taken.
        """
        rename_field(self.state, object_name, old, new, label)

    def remove_field(self, object_name: str, name: str) -> None:
        """Delete a field, with its values.

        :raises KeyError: for an object or field that there is not.
        """
        remove_field(self.state, object_name, name)

    def expire_sessions(self, user: User | None = None) -> None:
        """End the live sessions of a user, or of all: their next call is 401 ``INVALID_SESSION_ID``."""
        self.context.sessions.expire(user)

    def contain(self, user: User | None = None) -> None:
        """Do what Salesforce does on traffic from a high-risk address: freeze the user, revoke its refresh tokens."""
        contain(self.state, user or self.user())

    def reset(self) -> None:
        """Begin anew: no counts, faults, latency nor sessions, and the default org (a ``state`` of your own stays)."""
        if self._certificate:
            self.context.state = default_org(self._certificate)
        self.latency = self.part_latency = self.clock_offset = 0.0
        self.describe_latency.clear()
        self._grants.clear()
        self.clear_faults()
        self.expire_sessions()
        self.reset_counts()

    # How it behaves

    @property
    def latency(self) -> float:
        """Seconds that each request takes."""
        return self.context.timing.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.context.timing.latency = seconds

    @property
    def part_latency(self) -> float:
        """Seconds that each part of a composite request takes."""
        return self.context.timing.part_latency

    @part_latency.setter
    def part_latency(self, seconds: float) -> None:
        self.context.timing.part_latency = seconds

    @property
    def describe_latency(self) -> dict[str, float]:
        """Seconds that a describe of an object takes, by its name: ``org.describe_latency["Account"] = 35``."""
        return self.context.timing.describe_latency

    @property
    def clock_offset(self) -> float:
        """Seconds that the org's clock is ahead of this machine's; negative: behind."""
        return self.context.timing.clock_offset

    @clock_offset.setter
    def clock_offset(self, seconds: float) -> None:
        self.context.timing.clock_offset = seconds

    def fault(self, **rule: Any) -> Fault:
        """Inject a fault by rule, until it is cleared (``fault.clear()``, or at the end of ``with org.fault(…):``).

        The parameters are those of :class:`Fault`.
        """
        return self.context.faults.add(Fault(**rule))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The rules in force."""
        return self.context.faults.rules

    def clear_faults(self) -> None:
        self.context.faults.clear()

    # What it saw

    def counts(self, client: str | None = None) -> Counts:
        """Totals since the last reset, of one client or of all."""
        return self.context.meter.counts(client)

    def requests(self, client: str | None = None) -> list[RequestRecord]:
        """Each request since the last reset, in order of arrival."""
        return self.context.meter.records(client)

    def reset_counts(self) -> None:
        self.context.meter.reset()

    # How to reach it

    @property
    def ca_bundle(self) -> Path:
        """A file with the private CA of this org and the public CAs."""
        if self._directory is None:
            raise RuntimeError("The fake org has not been started. Use it as `with FakeOrg() as org:`.")
        return self._directory / "ca-bundle.pem"

    @property
    def control_url(self) -> str:
        """Where the control endpoint listens."""
        return f"http://127.0.0.1:{self._running.control_port}"

    def connection(self, name: str, *, username: str | None = None, **extra: Any) -> Connection:
        """Login, password and extras of an Airflow connection for one login flow.

        :param name: ``jwt``, ``client_credentials``, ``password``, ``soap_token``, ``soap_organization``, ``refresh_token``
            (each call makes a new grant) or ``session``.
        :param username: whose connection; by default the integration user's (client credentials have their own).
        :param extra: further extras by their name in the connection; ``None`` takes one away.
        """
        user = self.user(username)
        connections = Connections(self.state, self.private_key, user, lambda: self.context.open_session(user))
        return connections.make(name, **extra)

    def environ(self, client: str = ANONYMOUS) -> dict[str, str]:
        """Environment variables that lead unmodified clients here, with an Airflow connection for each login flow.

        :param client: the name under which the requests are counted.
        """
        connections = {variable(f"sf_{name}"): as_json(self._first_of(name)) for name in NAMES}
        return reach(self._running.proxy_port, str(self.ca_bundle), client) | connections

    def environ_for(self, conn_id: str, flow: str = "jwt", **how: Any) -> dict[str, str]:
        """The environment variable that makes Airflow know a connection of that id, which leads here by one login flow.

        :param how: ``username`` and further extras, as :meth:`connection` takes them.
        """
        return {variable(conn_id): as_json(self.connection(flow, **how))}

    def _first_of(self, name: str) -> Connection:
        """A new connection, but for a refresh token always the first: an app has five for a user, a sixth ends one."""
        if name != "refresh_token":
            return self.connection(name)
        host = self.state.org.login_host
        if host not in self._grants:
            self._grants[host] = self.connection(name)
        return self._grants[host]

    @property
    def _running(self) -> Service:
        if self._service is None:
            raise RuntimeError("The fake org is not running. Use it as `with FakeOrg() as org:`.")
        return self._service
