"""The kinds of channels: one line each. A new channel is one file here and its line in this table."""

from typing import Any

from alertd.channels import console, discord, email, slack, telegram, webhook
from alertd.channels.kind import ChannelKind

KINDS: dict[str, ChannelKind[Any]] = {
    "console": console.KIND,
    "discord": discord.KIND,
    "email": email.KIND,
    "slack": slack.KIND,
    "telegram": telegram.KIND,
    "webhook": webhook.KIND,
}
