"""Loopback APIs in the wire formats of the real ones, told from a market and a clock; each is a file of its own."""

from alertd.demo.feeds.binance import BinanceFeed
from alertd.demo.feeds.coingecko import CoinGeckoFeed
from alertd.demo.feeds.fear_greed import FearGreedFeed
from alertd.demo.feeds.tokenmetrics import TokenMetricsFeed

__all__ = ["BinanceFeed", "CoinGeckoFeed", "FearGreedFeed", "TokenMetricsFeed"]
