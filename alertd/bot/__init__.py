"""Commands by chat: text → Command (pure), what they do, and one file per platform."""
