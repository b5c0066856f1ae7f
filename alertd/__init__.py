"""alertd: watches prices and AI signals and tells the right people, once."""
