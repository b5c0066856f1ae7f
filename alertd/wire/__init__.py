"""What sources and channels share on the network: settings, secrets by reference, TLS, one HTTP session."""
