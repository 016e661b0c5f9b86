"""Rotations by several processes that are killed at random moments, and what the fake org saw of them."""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from rotating import OURS, ours

from airflow_sf_health.org.errors import Refused
from airflow_sf_health.org.grant_refusals import LOST, UNSURE
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.store import open_store
from airflow_sf_health.testing import FakeOrg

TOKEN_PATH = "/services/oauth2/token"


@dataclass
class Killing:
    """Starts the processes, kills them, and authorises anew what they say is lost.

    ``codes`` counts what was refused, ``strange`` is what should not have been said, ``lost`` are the families that were told as lost.
    The last of the grants has no secret, so nobody can ask about it.
    """

    org: FakeOrg
    url: str
    folder: Path
    seed: int
    processes: int = 4
    grants: int = 4
    lease: float = 1.5
    kills: int = 0
    rotations: int = 0
    codes: Counter[str | None] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._choice = random.Random(self.seed)
        self._seeds = [0] * self.grants
        self._families = [""] * self.grants
        self._pids: dict[int, int] = {}
        self._lines: queue.Queue[list[Any]] = queue.Queue()
        self.org.state.refresh_tokens.clear()
        self.org.state.apps[0].refresh_token_rotation = True
        for number in range(self.grants):
            self._authorise(number)
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "org.rotator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()
        how = {"url": self.url, "folder": str(self.folder), "lease": self.lease, "grants": self.grants}
        self._tell(how)
        for number in range(self.processes):
            self._begin(number)
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._mother.pid, signal.SIGKILL)
        self._mother.wait()
        self._ear.join(10)
        for pipe in (self._mother.stdin, self._mother.stdout):
            assert pipe is not None
            pipe.close()

    def run(self, rotations: int, seconds: float) -> None:
        """Until so many logins were made, killing one of the processes after every few; and no longer than so."""
        until, next_kill = time.monotonic() + seconds, 0
        while self.rotations < rotations and time.monotonic() < until:
            with suppress(queue.Empty):
                self._hear(self._lines.get(timeout=0.005))
            if self.rotations >= next_kill and len(self._pids) == self.processes:
                self._kill()
                next_kill = self.rotations + self._choice.randint(1, 9)

    def final_words(self) -> list[str]:
        """What comes of one more login by each grant: nothing, or what was said. Those who were killed may hold a lease until then."""
        sharing = Sharing(vault=open_store(self.url).vault, egress="a", token_age=0.0, refusal_age=0.0)
        return [self._final_word(number, sharing) for number in range(self.grants)]

    def _final_word(self, number: int, sharing: Sharing) -> str:
        with OrgSession(ours(self._extra(number)), sharing=sharing) as session:
            try:
                session.open()
            except Refused as refused:
                return refused.refusal.code or refused.refusal.said
        return ""

    def _kill(self) -> None:
        """One whose token request is under way, more often than not; else any, at any moment."""
        until = time.monotonic() + 1.0
        busy: list[int] = []
        while self._choice.random() < 0.99 and not busy and time.monotonic() < until:
            busy = [number for number in self._pids if self._is_spending(number)]
            time.sleep(0.002)
        victims = busy if busy and self._choice.random() < 0.7 else list(self._pids)
        number = self._choice.choice(victims)
        if self._choice.random() < 0.5:
            time.sleep(self._choice.uniform(0, 2 * self.org.latency))  # around the end of that request
        os.kill(self._pids.pop(number), signal.SIGKILL)
        self.kills += 1
        self._begin(number)

    def _is_spending(self, number: int) -> bool:
        last = self.org.requests(f"w{number}")[-1:]
        return bool(last) and last[0].path == TOKEN_PATH and last[0].status is None

    def _begin(self, number: int) -> None:
        given = {"number": number, "environ": self.org.environ(f"w{number}"), "seed": self._choice.random()}
        self._tell(given)

    def _tell(self, given: dict[str, Any]) -> None:
        assert self._mother.stdin is not None
        self._mother.stdin.write(json.dumps(given) + "\n")
        self._mother.stdin.flush()

    def _listen(self) -> None:
        assert self._mother.stdout is not None
        for line in self._mother.stdout:
            self._lines.put(json.loads(line))

    def _hear(self, words: list[Any]) -> None:
        match words:
            case ["began", number, pid]:
                self._pids[number] = pid
            case ["rotated", _, _]:
                self.rotations += 1
            case ["refused", number, seed, code, said]:
                self.codes[code] += 1
                if code in (LOST, UNSURE):
                    self._told_as_lost(number, seed, code)
                elif code is not None or not said.startswith(("another task", "connection reset")):
                    self.strange.append(said)

    def _told_as_lost(self, number: int, seed: int, code: str) -> None:
        if seed != self._seeds[number]:
            return  # told by two of them
        family = [each for each in self.org.state.refresh_tokens if each.family == self._families[number]]
        self.lost.append(self._families[number])
        if any(each.revoked or each.reused for each in family):
            self.strange.append("it was revoked before")
        if code == LOST and not (len(family) > 1 and family[-2].spent and not family[-1].times_used):
            self.strange.append("it was not lost")
        for each in family:  # as its owner does, who authorises the app anew
            each.revoked = True
        self._authorise(number)

    def _authorise(self, number: int) -> None:
        self._seeds[number] += 1
        fields = self.org.connection("refresh_token")["extra"]
        self._families[number] = self.org.state.refresh_tokens[-1].family
        without = {"consumer_secret": None} if number == self.grants - 1 else {}
        draft = self.folder / "draft"
        draft.write_text(json.dumps({**fields, **OURS, **without, "seed": self._seeds[number]}))
        draft.replace(self.folder / f"{number}.json")

    def _extra(self, number: int) -> dict[str, Any]:
        extra: dict[str, Any] = json.loads((self.folder / f"{number}.json").read_text())
        return extra
