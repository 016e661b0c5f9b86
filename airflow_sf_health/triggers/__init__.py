"""Airflow's own names; everything is in `salesforce`."""
