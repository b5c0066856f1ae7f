"""Loopback servers in the place of the mail server, the chat platforms and the webhook's endpoint: they check what
they get, note it, hold to the platform's limits where they are told to, and answer as they are told or as their mood
is. `alertd demo` and the tests deliver to them through the real SDKs."""
