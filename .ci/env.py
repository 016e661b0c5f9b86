#!/usr/bin/env python3
"""Make, or bring up to date, the environment of one Airflow version, and run a command in it.

    python3 .ci/env.py 3.3.2                     only make it; prints its path
    python3 .ci/env.py 3.3.2 pytest tests/org    and run a command in it
    python3 .ci/env.py --wheel                   only build the wheel; prints its path

Everything is kept in .venv/ of this repository (uv's download cache apart): uv itself, `airflow-<version>/` per
Airflow version, `wheels/` per state of the sources. What is installed is the built wheel, never the source tree.
An environment is made anew when its dependencies change; when only the sources do, just the wheel is replaced.

Written for any python3, so that one which is too old or too new is told what is needed and not shown a traceback.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sys

from uv_tool import HOME, ROOT, CannotStart, clean_variables, run, say, uv_ready

PACKAGE = "airflow-sf-health"
WHEEL_SOURCES = ("airflow_sf_health", "README.md", "LICENSE")
MAIN_AIRFLOW = "3.3.2"
"""The version that the whole suite runs on; only its environment has the linters."""


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 2
    HOME.mkdir(exist_ok=True)
    if arguments[0] == "--wheel":
        with lock(HOME / "lock", fcntl.LOCK_EX):
            print(wheel(uv_ready()))
        return 0
    version, command = arguments[0], arguments[1:]
    environment = HOME / ("airflow-" + version)
    hold = prepare(environment, version)
    if not command:
        print(environment)
        return 0
    # exec keeps the lock, so nobody replaces the wheel under a command that is still running.
    os.set_inheritable(hold.fileno(), True)
    variables = run_variables(environment)
    program = shutil.which(command[0], path=variables["PATH"])
    if program is None:
        raise CannotStart("There is no program %r in %s or on PATH." % (command[0], environment / "bin"))
    return os.execve(program, command, variables)


def prepare(environment, version):
    """Make that environment complete and current; gives the lock that says it is in use."""
    made_from, wanted = environment / "made-from", [digest(), digest(*WHEEL_SOURCES)]
    in_use = HOME / (environment.name + ".lock")
    hold = lock(in_use, fcntl.LOCK_SH)
    if words_of(made_from) == wanted:
        return hold
    hold.close()
    hold = lock(in_use, fcntl.LOCK_EX)
    with lock(HOME / "lock", fcntl.LOCK_EX):
        dependencies, sources = words_of(made_from) or ["", ""]
        if dependencies != wanted[0]:
            make(uv_ready(), environment, version)
        elif sources != wanted[1]:
            say("Sources changed: replacing the wheel in %s." % environment.relative_to(ROOT))
            uv = uv_ready()
            pip_install(uv, environment, "--no-deps", "--reinstall", "--compile-bytecode", str(wheel(uv)))
        made_from.write_text(" ".join(wanted))
    fcntl.flock(hold, fcntl.LOCK_SH)
    return hold


def make(uv, environment, version):
    """A new environment with that Airflow, the wheel, its [testing] extra and the development tools."""
    say("Making %s (Airflow %s); the first time takes a minute." % (environment.relative_to(ROOT), version))
    new_venv(uv, environment, version)
    built = wheel(uv)
    group = "dev" if version == MAIN_AIRFLOW else "test"
    pip_install(
        uv,
        environment,
        "apache-airflow==" + version,
        "%s[testing] @ %s" % (PACKAGE, built.as_uri()),
        "--group",
        "%s:%s" % (ROOT / "pyproject.toml", group),
        "--compile-bytecode",
    )


def new_venv(uv, place, version):
    """An empty virtual environment of a Python that fits that Airflow version."""
    mend = "Install %s (with apt, dnf, pyenv …) so that it is on PATH." % " or ".join(pythons_of(version))
    run([uv, "venv", "--quiet", "--clear", "--python", python_for(version), str(place)], mend)


def pip_install(uv, environment, *what):
    run([uv, "pip", "install", "--quiet", "--python", str(environment / "bin" / "python"), *what])


def wheel(uv):
    """The wheel of the sources as they are now, built unless it exists."""
    folder = HOME / "wheels" / digest(*WHEEL_SOURCES)
    found = sorted(folder.glob("*.whl"))
    if not found:
        shutil.rmtree(HOME / "wheels", ignore_errors=True)
        run([uv, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)])
        found = sorted(folder.glob("*.whl"))
    return found[0]


def python_for(version):
    """Which Python uv shall take: the one that runs this if it fits, else one that it finds or downloads."""
    fitting = pythons_of(version)
    this = "%d.%d" % sys.version_info[:2]
    if "Python " + this in fitting:
        return sys.executable
    say(
        "Airflow %s needs %s, python3 is %s: looking for another on PATH, or downloading one into .venv."
        % (version, " or ".join(fitting), this)
    )
    return ">=3.11,<3.13" if version.startswith("2.") else ">=3.11,<3.14"


def pythons_of(version):
    return ["Python 3.11", "Python 3.12"] + ([] if version.startswith("2.") else ["Python 3.13"])


def run_variables(environment):
    """What a command sees: that environment first on PATH, and an Airflow home that is not the user's."""
    variables = clean_variables()
    variables["VIRTUAL_ENV"] = str(environment)
    variables["PATH"] = str(environment / "bin") + os.pathsep + variables.get("PATH", os.defpath)
    variables["AIRFLOW_HOME"] = str(environment / "airflow-home")
    variables["HYPOTHESIS_STORAGE_DIRECTORY"] = str(HOME / "cache" / "hypothesis")
    return variables


def digest(*names):
    """One short value for this Python, what pyproject.toml says of the package, and these files and folders."""
    total = hashlib.sha256((sys.version + packaging()).encode())
    for name in names:
        path = ROOT / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def packaging():
    """The parts of pyproject.toml that make the wheel and its environment; how a linter is set up is none of them."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    try:
        import tomllib
    except ImportError:  # Python 3.10 and older
        return text
    content = tomllib.loads(text)
    parts = [content[part] for part in ("build-system", "project", "dependency-groups")]
    return json.dumps([*parts, content["tool"]["hatch"]], sort_keys=True)


def lock(path, kind):
    """The open file that holds this lock until it is closed."""
    file = open(path, "a")
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError:
        say("Waiting for another make that uses %s." % path.with_suffix("").relative_to(ROOT))
        fcntl.flock(file, kind)
    return file


def words_of(path):
    return path.read_text().split() if path.exists() else []


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotStart as missing:
        sys.exit("\n%s" % missing)
