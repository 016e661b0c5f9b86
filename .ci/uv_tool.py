"""uv, which makes the environments here: found or installed, and run with this machine's own settings."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv"
UV_AT_LEAST = (0, 8)
"""The first uv that is known to do all that is asked of it here (`pip install --group` with its own path)."""


class CannotStart(Exception):
    """What is missing on this machine, and how to mend it."""


def uv_ready():
    """The path of a uv that is new enough: ours, the machine's, or one installed now into .venv/uv."""
    own = HOME / "uv" / "bin" / "uv"
    for candidate in (str(own), shutil.which("uv")):
        if candidate and uv_version(candidate) >= UV_AT_LEAST:
            return candidate
    say("Installing uv into .venv/uv.")
    attempts = []
    for install in (uv_by_venv, uv_by_pip):
        shutil.rmtree(HOME / "uv", ignore_errors=True)
        attempts.append(install())
        if uv_version(str(own)) >= UV_AT_LEAST:
            return str(own)
    raise CannotStart(
        "uv could not be installed, which makes the environments here.\n"
        "What was tried:\n  %s\n"
        "One of these mends it: `apt install python3-venv` (Debian, Ubuntu) or `dnf install python3-pip` (Fedora); "
        "uv by any other way (https://docs.astral.sh/uv/getting-started/installation/); or, if the package index was "
        "not reached, its address in PIP_INDEX_URL." % "\n  ".join(attempts)
    )


def uv_by_venv():
    folder = str(HOME / "uv")
    return try_all(
        [sys.executable, "-m", "venv", folder],
        [folder + "/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"],
    )


def uv_by_pip():
    """Where venv lacks ensurepip (Debian without python3-venv), a pip may still be there."""
    folder = str(HOME / "uv")
    return try_all(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder, "uv"]
    )


def try_all(*commands):
    """Run them until one fails; tells what the last one run had to say."""
    for command in commands:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        if done.returncode:
            words = done.stdout.strip() or "no message"
            return "%s\n    %s" % (" ".join(command), words.replace("\n", "\n    "))
    return " ".join(commands[-1]) + "\n    done, but it gave no uv that works"


def uv_version(program):
    try:
        answer = subprocess.run([program, "--version"], stdout=subprocess.PIPE, universal_newlines=True)
        return tuple(int(part) for part in answer.stdout.split()[1].split(".")[:2])
    except (OSError, IndexError, ValueError):
        return (0, 0)


def run(command, mend=""):
    if subprocess.run(command, env=index_variables()).returncode:
        raise CannotStart("This failed, and its message above says why:\n  %s\n%s" % (" ".join(command), mend))


def index_variables():
    """uv reads none of pip's settings: where this machine's package index is set for pip only, tell uv of it."""
    variables = clean_variables()
    variables.setdefault("UV_PYTHON_INSTALL_DIR", str(HOME / "python"))
    if not any(name in variables for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")):
        main_index, more = pip_setting("index-url"), pip_setting("extra-index-url")
        if main_index:
            variables["UV_DEFAULT_INDEX"] = main_index
        if more:
            variables["UV_INDEX"] = " ".join(more.split())
            variables.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # which is what pip does
    certificate = pip_setting("cert")
    if certificate:
        variables.setdefault("SSL_CERT_FILE", certificate)
    return variables


def pip_setting(name):
    """A setting of pip by its environment variable or its files; empty where there is none, or no pip."""
    by_environment = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if by_environment:
        return by_environment
    own = HOME / "uv" / "bin" / "python"
    asked = [str(own) if own.exists() else sys.executable, "-m", "pip", "config", "get", "global." + name]
    answer = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
    return answer.stdout.strip() if answer.returncode == 0 else ""


def clean_variables():
    """Without what would let another Python, another Airflow or a user's own settings in.

    PYTHONDONTWRITEBYTECODE goes as well: compiled modules make each start of Airflow twice as fast.
    """
    foreign = ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_PYTHON")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in foreign and not name.startswith(("AIRFLOW_", "_AIRFLOW_"))
    }


def say(sentence):
    print(sentence, file=sys.stderr, flush=True)
