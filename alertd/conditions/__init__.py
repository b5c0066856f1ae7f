"""The condition language: text → tree → three-valued verdicts on columns."""
