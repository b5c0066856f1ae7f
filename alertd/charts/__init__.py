"""Pictures of prices: bars, a level and a moment as a PNG."""
