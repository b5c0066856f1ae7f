"""Rules: text → Rule, the lifecycle of their alerts, and `step`."""
