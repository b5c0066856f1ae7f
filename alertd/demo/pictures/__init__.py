"""Pictures of each platform's messages, drawn from what the loopback platforms got of a conversation."""
