"""For callbacks and notifiers of any task: the advice in its log, a short text for elsewhere, and a key for incidents.

.. code-block:: python

    from airflow_sf_health.callbacks import dedup_key, explain_failure, notification_text

    default_args = {"on_failure_callback": explain_failure}
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

__all__ = ["dedup_key", "explain_failure", "notification_text"]

LOG = logging.getLogger("airflow.task.airflow_sf_health")


def explain_failure(context: Mapping[str, Any]) -> None:
    """Log what a failure at Salesforce means and what to do; as ``on_failure_callback`` or ``on_retry_callback`` of any task.

    Never raises. Says nothing of a failure that is not Salesforce's, nor of one whose advice stands in the log already.
    """
    try:
        _explain(context)
    except Exception:  # the callbacks beside this one are to run
        LOG.warning("This failure could not be explained.", exc_info=True)


def notification_text(context: Mapping[str, Any]) -> str:
    """The failure of a task in a few lines with one link: for Slack, mail or a pager, from a callback or a notifier's template.

    Never raises. Of a failure that is not Salesforce's, a plain text with task and exception.
    """
    from airflow_sf_health.edges.telling import notice

    try:
        return notice(context)
    except Exception:  # a plain notice is better than none
        LOG.warning("This failure could not be told in short.", exc_info=True)
        return "A task failed; its log says more."


def dedup_key(context: Mapping[str, Any]) -> str:
    """The key of the incident: the same for each task that fails for one cause with one user at one host.

    ``sf-health:acme.my.salesforce.com:integration@acme.com:user_inactive``; a part that is not known is ``-``, and the id of the
    connection stands in for an unknown host. ``airflow:<dag>:<task>`` for a failure that is not Salesforce's. Holds no secret.
    Never raises.
    """
    from airflow_sf_health.edges.telling import dedup_key as key_of

    try:
        return key_of(context)
    except Exception:  # an incident with a rough key is better than none
        LOG.warning("No key could be made for this failure.", exc_info=True)
        return "sf-health:-:-:unknown"


def _explain(context: Mapping[str, Any]) -> None:
    from airflow_sf_health.edges.failing import failure_of, was_told
    from airflow_sf_health.edges.telling import consequence, tell

    error = context.get("exception")
    if not isinstance(error, BaseException):
        LOG.debug("The task has no exception that could be explained.")
        return
    failure = failure_of(error, context)
    if failure is None:
        LOG.debug("%s is no failure at Salesforce.", type(error).__name__)
    elif was_told(error):
        LOG.info("What to do about this failure stands above.")
    else:
        tell(error, failure, context, LOG, consequence(context))
