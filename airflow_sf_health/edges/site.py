"""What the site has chosen in [sf_health], with its own causes in force."""

from __future__ import annotations

from contextlib import suppress

from airflow_sf_health.settings import Settings, settings


def site() -> Settings:
    """The site's settings; from now on its causes stand beside, or in the place of, the built-in ones.

    :raises SettingsError: an option that cannot be meant.
    """
    from airflow_sf_health.causes import use_site_causes

    chosen = settings()
    use_site_causes(chosen.causes)
    return chosen


def use_causes_of_site() -> None:
    """The same where a wrong option, or a fault of the reading itself, must not hide the failure that is about to be explained."""
    with suppress(Exception):
        site()
