"""The market: columns of latest values and bars, and windows over them."""
