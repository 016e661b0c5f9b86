"""What is remembered from one task to the next, in SQLite or any database that SQLAlchemy reaches.

SQLAlchemy is imported when something is first remembered or recalled, not with this package.
"""

from __future__ import annotations

from airflow_sf_health.store._described import StoredDescribe
from airflow_sf_health.store._passes import StoredPass
from airflow_sf_health.store._problems import StoreError
from airflow_sf_health.store._store import Store, open_store, unusable
from airflow_sf_health.store._verdicts import StoredVerdict

__all__ = ["Store", "StoreError", "StoredDescribe", "StoredPass", "StoredVerdict", "open_store", "unusable"]
