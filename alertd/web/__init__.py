"""What others see over HTTP: health, readiness and metrics, and the page on which a person acknowledges an alert."""
