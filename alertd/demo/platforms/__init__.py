"""Loopback servers in the place of the mail server, the chat platforms and the webhook's endpoint: they check what
they get, note it, and answer as they are told. `alertd demo` and the tests deliver to them through the real SDKs."""
