"""Where the org is and how to talk to it: the connection, the login, the session, and what a refusal says.

Nothing here is imported eagerly: ``org.errors`` and ``org.connection`` are pure and cheap, only ``org.session`` and
``org.login`` load the HTTP libraries.
"""
