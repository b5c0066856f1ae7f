"""What monitoring sees: health, readiness and metrics. It only shows; nothing here changes anything."""
