#!/usr/bin/env python3
"""The wheel, in an empty environment: it installs, imports without its extras, and Airflow and the shell know it.

Done once per state of the sources; the environment is removed again.
"""

import shutil
import subprocess
import sys

import env
from uv_tool import HOME, CannotStart, uv_ready

INSIDE = """
import importlib.metadata, importlib.resources, pkgutil, subprocess, sys
import airflow_sf_health as package

assert importlib.metadata.version("airflow-sf-health") == package.__version__
assert importlib.resources.files(package).joinpath("py.typed").is_file(), "py.typed is not in the wheel"
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if ".testing" not in module.name:  # has an extra of its own
        __import__(module.name)
listed = subprocess.run(["airflow", "providers", "list"], capture_output=True, text=True)
assert "airflow-sf-health" in listed.stdout, listed.stdout + listed.stderr
[script] = [e for e in importlib.metadata.entry_points(group="console_scripts") if e.name == "sf-health"]
print("The wheel %s installs, imports and is listed by Airflow." % package.__version__)
"""


def main():
    HOME.mkdir(exist_ok=True)
    with env.lock(HOME / "lock", env.fcntl.LOCK_EX):
        uv = uv_ready()
        wheel = env.wheel(uv)
    seen = wheel.parent / "checked"
    if seen.exists():
        return 0
    with env.lock(HOME / "wheel-check.lock", env.fcntl.LOCK_EX):
        place = HOME / "wheel-check"
        env.new_venv(uv, place, env.MAIN_AIRFLOW)
        env.pip_install(uv, place, str(wheel), "apache-airflow==" + env.MAIN_AIRFLOW)
        done = subprocess.run(
            [str(place / "bin" / "python"), "-c", INSIDE], env=env.run_variables(place), cwd=str(place)
        )
        shutil.rmtree(str(place), ignore_errors=True)
    if done.returncode == 0:
        seen.touch()
    return done.returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotStart as missing:
        sys.exit("\n%s" % missing)
