"""The demo: loopback platforms that check what they get, and loopback APIs that tell of a market to play."""
