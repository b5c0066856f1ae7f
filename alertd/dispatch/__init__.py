"""Whom to tell what, and when: one pure stage per file, put together in `plan`."""
