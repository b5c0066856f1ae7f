"""A second opinion on what a rule means: DESIGN.md §5 once more, as plainly as can be, against the engine."""
