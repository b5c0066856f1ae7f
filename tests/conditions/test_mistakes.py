"""Mistakes → what is said of them. `at` is what the caret marks."""

from dataclasses import replace

import pytest

from alertd.conditions.check import compile_condition
from alertd.conditions.functions import INTERVALS
from alertd.errors import RuleError
from tests.conditions.universe import DESK, EVERYTHING

COMPARISON = "expected a comparison such as > 70k, crosses above 70k, up 5% in 1h or is bullish"
JOIN = "expected and, or, or the end of the sentence"

STRUCTURE = [
    ("", "", "the condition is empty", "write one, such as price > 70k"),
    ("price >", "", "the sentence ends too early: expected a field such as price, or a number", ""),
    ("price", "", f"the sentence ends too early: {COMPARISON}", ""),
    ("(price > 3", "", "the sentence ends too early: expected the closing parenthesis", ""),
    ("price > 3)", ")", "expected the end of the sentence, not ')'", ""),
    ("price up in 1h", "in", "expected an amount such as 5% or 500, not 'in'", ""),
    ("price up 5%", "", "the sentence ends too early: expected a window such as in 1h, or since open(1d)", ""),
    ("price crosess above 3", "crosess", f"{COMPARISON}, not 'crosess'", "did you mean 'crosses'?"),
    ("price rises", "rises", f"{COMPARISON}, not 'rises'", "write up 5% in 1h"),
    ("1 < price < 3", "<", f"{JOIN}, not '<'", "write two comparisons: price > 1 and price < 2"),
    ("price > 70,000", ",", "expected the end of the sentence, not ','", "write a number without commas: 70000 or 70k"),
    ("price > 70 k", "k", f"{JOIN}, not 'k'", "write the unit right behind the number, with one letter: 1h, 15m, 70k"),
    ("$3 > price", "$", "'$' does not belong here", "leave the currency sign out"),
    ("price ≥ 3", "≥", "'≥' does not belong here", "write >="),
    ("price > 3 × price", "×", "'×' does not belong here", "write *"),
    ("price > 3 && price < 4", "&", "'&' does not belong here", "write and"),
    ('"1INCH.price > 2', '"', "'\"' does not belong here", "this quote is not closed"),
    ("1INCH.price > 2", ".", f"{COMPARISON}, not '.'", 'quote a name that begins with a digit: "1INCH".price'),
    ("down 5% in 1h", "down", "expected a field such as price, or a number, not 'down'",
     "write a whole move, such as price down 5% in 1h"),
    ("price > 3, confirmed by 2 sources", ",", "expected the end of the sentence, not ','", "leave the comma out"),
    ("price > 3 confirmed by two sources", "two", "expected how many sources, not 'two'", ""),
    ("price > 3 confirmed 2 sources", "2", "expected by, as in confirmed by 2 sources, not '2'", ""),
    ("price > 3 confirmed by 2", "", "the sentence ends too early: expected sources, as in confirmed by 2 sources", ""),
    ("price up 5% within 1h", "within", "expected a window such as in 1h, or since open(1d), not 'within'",
     "write in 1h"),
    ("price up 5 percent in 1h", "percent", "expected a window such as in 1h, or since open(1d), not 'percent'",
     "write 5%"),
    ("price up 5% since last", "", "the sentence ends too early: expected alert, as in since last alert", ""),
    ("price within 5%", "", "the sentence ends too early: expected of and a level, as in within 1% of 70k", ""),
    ("price near 70k", "near", f"{COMPARISON}, not 'near'", "write within 1% of"),
    ("price not 5", "5", "expected within 1% of 70k or between 60k and 70k, not '5'", ""),
    ("price is", "", "the sentence ends too early: expected a state such as bullish, or between 60k and 70k", ""),
    ("price between 60k or 70k", "or",
     "expected and with the other end, as in between 60k and 70k, not 'or'", ""),
    ("price between 1, 2", ",", "expected and with the other end, as in between 60k and 70k, not ','", "write and"),
    ("price enters 60k", "", "the sentence ends too early: expected to and the other end, as in 60k to 70k", ""),
    ("price crosses above 70k for 5m", "for", f"{JOIN}, not 'for'",
     "for: 5m is a line of the rule; after a crossing write holds 5m"),
    ("price > 70k for 15m", "for", f"{JOIN}, not 'for'",
     "for: 15m is a line of the rule; after a crossing write holds 15m"),
    ("price whatever 3", "whatever", f"{COMPARISON}, not 'whatever'", ""),
    ("“BTC”.price > 3", "“", "'“' does not belong here", "quote a coin's name with \""),
    ("price, holds 5m", ", holds", f"{COMPARISON}, not 'holds'", ""),
    ("price crosses every -5", "-", "expected an amount such as 5% or 500, not '-'", ""),
    ("price => 3", ">", "expected a field such as price, or a number, not '>'", "write >="),
    ("count(price > 3) > 2", "price",
     "expected where and a condition, as in count(where price > 70k), not 'price'", ""),
    ("recently(signal flips)", ")",
     "expected a comma and what comes after it, as in recently(price > 70k, 4h), not ')'", ""),
    ("2 of price > 3", "price", "expected an opening parenthesis, not 'price'", ""),
    ("rsi 14 1h < 30", "14", f"{COMPARISON}, not '14'", "write rsi(14, 1h)"),
    ("ETH.rsi(14, 1h) < 30", "rsi", "expected a name such as price, or a state such as bullish, not 'rsi'",
     "write rsi(ETH.price, 14, 1h)"),
    ("ETH.volume(1h) > 3", "volume", "expected a name such as price, or a state such as bullish, not 'volume'",
     "write volume(ETH.price, 1h)"),
    ("price > 70k USD", "USD", f"{JOIN}, not 'USD'", "leave the currency out"),
]  # fmt: skip

IDIOMS = [
    ("price crosses above 70k and holds 5m", "and holds 5m", "write a comma: price crosses above 70k, holds 5m"),
    ("price crosses above 70k, holds for 1h", "holds for 1h", "write holds 1h"),
    ("rsi(14, 1h) crosses under 30", "crosses under", "write crosses below"),
    ("price crosses over 70k", "crosses over", "write crosses above"),
    ("price > 3x average(price, 24h)", "3x", "write 3 *"),
    ("price > 1.5 x average(price, 24h)", "1.5 x", "write 1.5 *"),
    ("price at an all time high", "at an all time high", "write price >= all_time_high"),
    ("price hits a new all-time high", "hits a new all-time high", "write price >= all_time_high"),
    ("price > all time high", "all time high", "write price >= all_time_high"),
    ("price reaches its all time low", "reaches its all time low", "write price <= all_time_low"),
    ("ath", "ath", "write price >= all_time_high"),
    ("price at ATH and price > 3", "at ATH", "write price >= all_time_high"),
    ("price makes a new high", "makes a new high", "write price > high(24h)"),
    ("new low", "new low", "write price < low(24h)"),
    ("volume spike", "volume spike", "write volume(1h) > 3 * average(volume(1h), 7d)"),
    ("price > 3 and golden cross", "golden cross", "write sma(50, 1d) crosses above sma(200, 1d)"),
    ("price increases by 5% in 1h", "increases by 5%", "write up 5%"),
    ("price rises 5% in 1h", "rises 5%", "write up 5%"),
    ("price goes down 500 in 1h", "goes down 500", "write down 500"),
    ("price up by 5% in 1h", "up by 5%", "write up 5%"),
    ("price down more than 5% in 1h", "down more than 5%", "write down 5%"),
    ("price up 5% over 1h", "over 1h", "write in 1h"),
    ("price up 5% during the last 4h", "during the last 4h", "write in 4h"),
    ("price doubles in 1d", "doubles in 1d", "write up 100% in 1d"),
    ("price doubles", "doubles", "write up 100% in 1d"),
    ("price halves in 12h", "halves in 12h", "write down 50% in 12h"),
    ("signal flips bullish", "flips bullish", "write flips to bullish"),
    ("signal turns bearish and price > 3", "turns bearish", "write flips to bearish"),
    ("grade_signal goes strong buy", "goes strong buy", "write flips to strong buy"),
    ("rsi(14, 1h) oversold", "rsi(14, 1h) oversold", "write rsi(14, 1h) < 30"),
    ("rsi(14, 1h) is overbought", "rsi(14, 1h) is overbought", "write rsi(14, 1h) > 70"),
    ("price is 70k", "is 70k", "write reaches 70k"),
    ("price at 70k", "at 70k", "write reaches 70k"),
    ("price is above 70k", "is above", "write >"),
    ("price lower than 70k", "lower than", "write <"),
    ("price in 60k..70k", "in 60k..70k", "write between 60k and 70k"),
    ("price between 60k-70k", "between 60k-70k", "write between 60k and 70k"),
    ("price between 60k to 70k", "between 60k to 70k", "write between 60k and 70k"),
    ("price is between 60k–70k", "is between 60k–70k", "write between 60k and 70k"),
    ("price holds 70k", "holds 70k", "say > 70k here, and how long with for: in the rule"),
    ("price stays below 70k for 1h", "stays below 70k", "say < 70k here, and how long with for: in the rule"),
    ("price > “70k”", "“70k”", "write 70k"),
    ('price > "70k"', '"70k"', "write 70k"),
    ("open interest up 5% in 1h", "open interest", "no source gives it: `alertd conditions` lists the fields"),
    ("Death Cross", "Death Cross", "write sma(50, 1d) crosses below sma(200, 1d)"),
]  # fmt: skip

NAMES = [
    ("price > ath", "ath", "there is no field 'ath'", "write all_time_high"),
    ("price up 5% since yesterday", "yesterday", "there is no field 'yesterday'", "write since open(1d)"),
    ("prise > 3", "prise", "there is no field 'prise'", "did you mean 'price'?"),
    ("BTC > 3", "BTC", "there is no field 'BTC'", "write BTC.price for the price of a coin"),
    ("signal = bullish", "bullish", "there is no field 'bullish'", "write signal is bullish"),
    ("high > 3", "high", "'high' needs parentheses behind it", "write high(24h)"),
    ("macd > 3", "macd", "'macd' needs parentheses behind it", "write macd(12, 26, 4h)"),
    ("volume > 5M", "volume", "'volume' needs the length of its bars",
     "write volume(1h), or volume_24h for a whole day"),
    ("ETH.volume > 5M", "ETH.volume", "'volume' needs the length of its bars", "write volume(ETH.price, 1h)"),
    ("volume(1h) > 3", "volume(1h)", "no configured source gives volume(1h)",
     "binance does: add it under sources:"),
    ("volume(coingecko.price, 1h) > 3", "volume(coingecko.price, 1h)", "coingecko does not give volume(1h)",
     "binance does"),
    ("vwap(24, 1h) < price", "vwap(24, 1h)", "no configured source gives volume(1h)",
     "binance does: add it under sources:"),
    ("price > all_time_high", "all_time_high", "no configured source gives all_time_high",
     "coingecko does: add it under sources:"),
    ("correlation(BTC, 30, 1d) > 0.5", "BTC", "there is no field 'BTC'", "write BTC.price for the price of a coin"),
    ("smaa(20, 1h) > 3", "smaa", "there is no function 'smaa'", "did you mean 'sma'?"),
    ("hihg(24h) > 3", "hihg", "there is no function 'hihg'", "did you mean 'high'?"),
    ("price(1h) > 3", "price", "'price' is a field and takes no parentheses", "write price"),
    ("etherum.price > 5", "etherum", "there is no coin or source 'etherum'", "did you mean 'ETHEREUM'?"),
    ("kraken.price > 5", "kraken", "there is no coin or source 'kraken'",
     "the sources are binance, coingecko and tm"),
    ("btc > 70k", "btc", "there is no field 'btc'", "write BTC.price for the price of a coin"),
    ("avg(price, 24h) > 3", "avg", "there is no function 'avg'", "write average(24h)"),
    ("funding > 3", "funding", "there is no field 'funding'",
     "no source gives it: `alertd conditions` lists the fields"),
    ("tokenmetrics.signal flips", "tokenmetrics", "the source 'tokenmetrics' is not configured",
     "add it under sources:, or leave it out"),
    ("binance.signal flips", "binance.signal", "binance does not give signal", "tokenmetrics does"),
    ("fear_greed < 20", "fear_greed", "no configured source gives fear_greed",
     "fear_greed does: add it under sources:"),
    ("BTC.fear_greed < 20", "BTC", "fear_greed belongs to the whole market", "write market.fear_greed"),
    ("market.price < 20", "market", "the market as a whole has no price", "write a coin, such as BTC.price"),
    ("signal is bulish", "bulish", "signal is never 'bulish'", "did you mean 'bullish'?"),
    ("signal is 7up", "7up", "expected a state such as bullish, or between 60k and 70k, not '7up'", ""),
    ("signal is great", "great", "signal is never 'great'", "signal is one of bullish, bearish"),
]  # fmt: skip

TYPES = [
    ("change(price, 1h) > 5", "change(price, 1h) > 5",
     "change(price, 1h) is a percentage and 5 is a plain number: the two cannot be compared", "write 5%"),
    ("change(price, 1h) > 0.05", "change(price, 1h) > 0.05",
     "change(price, 1h) is a percentage and 0.05 is a plain number: the two cannot be compared",
     "write 5%, or 0.05% where that is meant"),
    ("price > 5%", "price > 5%",
     "price is an amount of money and 5% is a percentage: the two cannot be compared",
     "write price up 5% in 1h, or price > 1.05 * average(price, 24h)"),
    ("tm_grade > 80%", "tm_grade > 80%",
     "tm_grade is a grade from 0 to 100 and 80% is a percentage: the two cannot be compared", "write 80, without %"),
    ("BTC.price / ETH.price > 5%", "BTC.price / ETH.price > 5%",
     "BTC.price / ETH.price is a plain number and 5% is a percentage: the two cannot be compared",
     "write 0.05, without %"),
    ("price > tm_grade", "price > tm_grade",
     "price is an amount of money and tm_grade is a grade from 0 to 100: the two cannot be compared", ""),
    ("price > 10h", "price > 10h", "price is an amount of money and 10h is a duration: the two cannot be compared",
     "an age is compared with a duration, as in age(price) > 10m"),
    ("age(price) > 10", "age(price) > 10",
     "age(price) is a duration and 10 is a plain number: the two cannot be compared",
     "an age is compared with a duration, as in age(price) > 10m"),
    ("tm_grade up 5% in 1d", "5%", "tm_grade is a grade from 0 to 100: it moves by points",
     "write tm_grade up 5 in 1d"),
    ("change(tm_grade, 1d) > 5%", "change(tm_grade, 1d)", "tm_grade is a grade from 0 to 100: it changes by points",
     "write tm_grade up 5 in 1d"),
    ("signal > 1", "signal > 1", "signal is a state, not a number", "write signal is bullish"),
    ("signal crosses above 0", "signal crosses above 0", "signal is a state, not a number",
     "write signal flips to bullish"),
    ("signal + 1 > 3", "signal", "signal is a state, not a number", ""),
    ("high(signal, 1h) > 3", "high(signal, 1h)", "signal is a state: it has no high", ""),
    ("signal up 1 in 1d", "signal up 1 in 1d", "signal is a state: it does not move", "write signal flips"),
    ("price flips", "price flips", "price is a number: only a state flips", "write price crosses above …"),
    ("price is bullish", "bullish", "price is a number, not a state", "write price > …"),
    ("signal flips from buy to bullish", "signal flips from buy to bullish",
     "a flip is from one state to another, not to the same", ""),
    ("price > 5% * price", "5% * price", "'5% * price' mixes a percentage with an amount of money",
     "write a factor instead: 1.05 * price is 5% above the price"),
    ("70k > 60k", "70k > 60k", "this never changes: there is no field in it", "name one, such as price"),
    ("change(price, 1h) up 3% in 1h", "change(price, 1h)",
     "'up' follows a field such as price, not 'change(price, 1h)'", ""),
    ("not price crosses above 3", "not price crosses above 3",
     "'price crosses above 3' is true on one reading alone, so it cannot be negated", "negate a state or a level"),
    ("not (price > 3 and signal flips)", "not (price > 3 and signal flips",
     "'price > 3 and signal flips' is true on one reading alone, so it cannot be negated",
     "negate a state or a level"),
    ("age(price) crosses above 10m", "age(price) crosses above 10m", "an age crosses nothing: each reading ends it",
     "write age(price) > 10m"),
    ("age(price) * 2 > 10m", "age(price) * 2", "an age is compared as it is, not calculated with",
     "write age(price) > 10m"),
    ("10m < -age(ETH.price)", "-age(ETH.price)", "an age is compared as it is, not calculated with",
     "write age(ETH.price) > 10m"),
]  # fmt: skip

CONDITIONS = [
    ("tm_grade within 5% of 80", "5%", "tm_grade is a grade from 0 to 100: how near it is counts in points",
     "write within 5 of 80"),
    ("price within 5 of 5%", "price within 5 of 5%",
     "price is an amount of money and 5% is a percentage: the two cannot be compared",
     "write price up 5% in 1h, or price > 1.05 * average(price, 24h)"),
    ("price within 0% of 70k", "0%", "a distance has to be larger than nothing", ""),
    ("price between 5% and 70k", "price between 5% and 70k",
     "price is an amount of money and 5% is a percentage: the two cannot be compared",
     "write price up 5% in 1h, or price > 1.05 * average(price, 24h)"),
    ("signal between 1 and 2", "signal between 1 and 2", "signal is a state, not a number",
     "write signal is bullish"),
    ("age(price) between 5m and 10m", "age(price) between 5m and 10m", "an age is compared with > or <",
     "write age(price) > 10m"),
    ("60k between 50k and 70k", "60k between 50k and 70k", "this never changes: there is no field in it",
     "name one, such as price"),
    ("price enters 60k to 5%", "price enters 60k to 5%",
     "price is an amount of money and 5% is a percentage: the two cannot be compared",
     "write price up 5% in 1h, or price > 1.05 * average(price, 24h)"),
    ("not price enters 60k to 70k", "not price enters 60k to 70k",
     "'price enters 60k to 70k' is true on one reading alone, so it cannot be negated", "negate a state or a level"),
    ("price crosses every 5%", "5%", "a step is a plain number: percents of what moves are no fixed levels",
     "write price crosses every 1000, or price moves 5% since last alert"),
    ("price crosses every 0", "0", "a step has to be larger than nothing", ""),
    ("price crosses every 5h", "5h", "expected an amount such as 1000, not '5h'", ""),
    ("signal crosses every 5", "signal crosses every 5", "signal is a state, not a number",
     "write signal flips to bullish"),
    ("change(price, 1h) crosses every 5", "change(price, 1h)",
     "change(price, 1h) is a percentage: it has no steps", "write change(price, 1h) crosses 5%"),
    ("70k crosses every 5", "70k crosses every 5", "this never changes: there is no field in it",
     "name one, such as price"),
    ("price breaks 70k", "breaks", "70k can break in either way: say above or below", "write breaks above 70k"),
    ("price > 3 holds 15m", "holds", "holds goes with crosses above, crosses below and breaks",
     "write for: 15m in the rule, or price crosses above 70k, holds 15m"),
    ("price crosses 3, holds 15m", "holds", "holds goes with crosses above, crosses below and breaks",
     "say which way: above or below"),
    ("signal flips, holds 15m", "holds", "holds goes with crosses above, crosses below and breaks",
     "write price crosses above 70k, holds 15m"),
    ("price crosses above 3, holds 0", "price crosses above 3, holds 0", "expected a duration longer than nothing", ""),
    ("recently(price > 3, 0)", "recently(price > 3, 0)", "expected a duration longer than nothing", ""),
    ("recently(price > 3, 4)", "4", "expected a duration such as 30s, 15m, 4h or 7d, not '4'", ""),
    ("tm_grade up 5% since last alert", "5%", "tm_grade is a grade from 0 to 100: it moves by points",
     "write tm_grade up 5 since last alert"),
    ("price up 0% since open(1d)", "0%", "a move has to be larger than nothing", ""),
    ("price up 5% since tm_grade", "price up 5% since tm_grade",
     "price is an amount of money and tm_grade is a grade from 0 to 100: the two cannot be compared", ""),
    ("price up 5% since signal", "price up 5% since signal", "signal is a state, not a number",
     "write signal is bullish"),
    ("signal up 1 since last alert", "signal up 1 since last alert", "signal is a state: it does not move",
     "write signal flips"),
    ("price up 5% since open(7h)", "7h", "there are no bars of 7h", f"bars are of {', '.join(INTERVALS)}"),
    ("price up 5h since last alert", "5h", "expected an amount such as 5% or 500, not '5h'", ""),
    ("3 of (price > 3, price < 2)", "3", "expected a whole number from 1 to 2, not '3'", ""),
    ("0 of (price > 3, price < 2)", "0", "expected a whole number from 1 to 2, not '0'", ""),
    ("1.5 of (price > 3, price < 2)", "1.5", "expected a whole number from 1 to 2, not '1.5'", ""),
    ("price > 70k confirmed by 1 sources", "1", "expected a whole number of 2 or more, not '1'", ""),
    ("price > 70k confirmed by 3 sources", "3", "3 sources have to give price: only binance and coingecko do", ""),
    ("tm_grade > 7 confirmed by 2 sources", "2", "2 sources have to give tm_grade: only tm does", ""),
    ("tm_grade * price > 7 confirmed by 2 sources", "2", "2 sources have to give tm_grade and price: none does", ""),
    ("price crosses 3 confirmed by 2 sources", "price crosses 3 confirmed by 2 sources",
     "sources never cross on the same reading", "write price > 70k confirmed by 2 sources"),
    ("recently(price > 3, 1h) confirmed by 2 sources", "recently(price > 3, 1h) confirmed by 2 sources",
     "'recently(price > 3, 1h)' has to be remembered: sources confirm what is true now", ""),
    ("price up 5% since last alert confirmed by 2 sources", "price up 5% since last alert confirmed by 2 sources",
     "sources never cross on the same reading", "write price > 70k confirmed by 2 sources"),
    ("binance.price > 3 confirmed by 2 sources", "binance.price > 3 confirmed by 2 sources",
     "no other source can say this: it names its source, or is not of the rule's own coin",
     "write price > 70k confirmed by 2 sources"),
    ("price up 5% in 1m confirmed by 2 sources", "price up 5% in 1m",
     "price comes every 5m: a window of 1m is too short", "take a window of 10m or longer, or poll more often"),
]  # fmt: skip

COUNTS = [
    ("count(where price crosses above 3) > 3", "price crosses above 3",
     "count takes what lasts: 'price crosses above 3' is true on one reading alone", ""),
    ("share(where recently(price > 3, 1h)) > 3%", "recently(price > 3, 1h)",
     "share takes what lasts: 'recently(price > 3, 1h)' has to be remembered", ""),
    ("count(where price up 5% since last alert) > 3", "price up 5% since last alert",
     "count takes what lasts: 'price up 5% since last alert' has to be remembered", ""),
    ("count(where rank(price) < 3) > 3", "rank(price)",
     "count takes what lasts: 'rank(price)' goes over all coins itself", ""),
    ("count(where prise > 3) > 3", "prise", "there is no field 'prise'", "did you mean 'price'?"),
    ("count(where price > 5%) > 3", "price > 5%",
     "price is an amount of money and 5% is a percentage: the two cannot be compared",
     "write price up 5% in 1h, or price > 1.05 * average(price, 24h)"),
    ("count(where price > 3) > 30%", "count(where price > 3) > 30%",
     "count(where price > 3) is a plain number and 30% is a percentage: the two cannot be compared",
     "write share(where …) for a percentage of the coins"),
    ("share(where price > 3) > 30", "share(where price > 3) > 30",
     "share(where price > 3) is a percentage and 30 is a plain number: the two cannot be compared", "write 30%"),
    ("share(where price > 3) > 0.3", "share(where price > 3) > 0.3",
     "share(where price > 3) is a percentage and 0.3 is a plain number: the two cannot be compared", "write 30%"),
    ("rank(ETH.price) < 3", "rank(ETH.price)", "ETH.price is the same for every coin: there is nothing to rank",
     "write rank(change(price, 24h))"),
    ("rank(count(where price > 3)) < 3", "count(where price > 3)",
     "rank takes what is said of one coin: 'count(where price > 3)' is said of all", ""),
    ("rank(rank(price)) < 3", "rank(price)", "rank takes what is said of one coin: 'rank(price)' is said of all", ""),
    ("rank(signal) < 3", "rank(signal)", "signal is a state: it has no rank", ""),
    ("rank(age(price)) < 3", "rank(age(price))", "an age is compared as it is, not calculated with",
     "write age(price) > 10m"),
    ("rank(price, 1h) < 3", "rank(price, 1h)", "rank takes one value", "write rank(change(price, 24h)) <= 5"),
]  # fmt: skip

CALLS = [
    ("rsi(14) < 30", "rsi(14)", "rsi takes n and the interval of its bars: one is missing", "write rsi(14, 1h)"),
    ("rsi(14, 7, 1h) < 30", "rsi(14, 7, 1h)", "rsi takes n and the interval of its bars: there are too many",
     "write rsi(14, 1h)"),
    ("rsi(1h, 14) < 30", "rsi(1h, 14)", "rsi takes n and the interval of its bars, in this order",
     "write rsi(14, 1h)"),
    ("rsi(5m, 14) < 30", "rsi(5m, 14)", "rsi takes n and the interval of its bars, in this order",
     "write rsi(14, 1h)"),
    ("rsi(14, price, 1h) < 30", "rsi(14, price, 1h)",
     "rsi takes n and the interval of its bars: the field comes first", "write rsi(14, 1h)"),
    ("rsi(price, ETH.price, 14, 1h) < 30", "rsi(price, ETH.price, 14, 1h)",
     "rsi takes n and the interval of its bars: of one field", "write rsi(14, 1h)"),
    ("rsi(price * 2, 14, 1h) < 30", "rsi(price * 2, 14, 1h)",
     "rsi takes n and the interval of its bars, not price * 2", "write rsi(14, 1h)"),
    ("high(price + 1, 24h) > 3", "high(price + 1, 24h)", "high takes a window, not price + 1", "write high(24h)"),
    ("high(price) > 3", "high(price)", "high takes a window", "write high(24h)"),
    ("correlation(30, 1d) > 0", "correlation(30, 1d)",
     "correlation takes another field, n and the interval of its bars", "write correlation(BTC.price, 30, 1d)"),
    ("macd(26, 12, 4h) > 0", "macd(26, 12, 4h)",
     "macd takes the fast number before the slow one, which is larger", "write macd(12, 26, 4h)"),
    ("macd(4h) > 0", "macd(4h)", "macd takes fast, slow and the interval of its bars: two are missing",
     "write macd(12, 26, 4h)"),
    ("macd(12, 26, 9, 4h) > 0", "macd(12, 26, 9, 4h)",
     "macd takes fast, slow and the interval of its bars: there are too many", "write macd(12, 26, 4h)"),
    ("rsi(1, 1h) < 30", "1", "n of rsi is a whole number from 2 to 500, not '1'", "write rsi(14, 1h)"),
    ("sma(501, 1h) < 30", "501", "n of sma is a whole number from 1 to 500, not '501'", "write sma(50, 1d)"),
    ("sma(2.5, 1h) < 30", "2.5", "n of sma is a whole number from 1 to 500, not '2.5'", "write sma(50, 1d)"),
    ("bollinger(20, 2%, 1h) < 3", "2%", "k of bollinger is a number such as 2, not '2%'",
     "write bollinger(20, 2, 1h)"),
    ("rsi(400, 1h) < 30", "rsi(400, 1h)", "rsi(400, 1h) needs 2401 bars, 2000 are the most", "write rsi(14, 1h)"),
    ("rsi(14, 7m) < 30", "7m", "there are no bars of 7m", f"bars are of {', '.join(INTERVALS)}"),
    ("rsi(14, 1) < 30", "1", "expected a duration such as 30s, 15m, 4h or 7d, not '1'", ""),
    ("rsi(14, 1h) < 30%", "rsi(14, 1h) < 30%",
     "rsi(14, 1h) is a grade from 0 to 100 and 30% is a percentage: the two cannot be compared",
     "write 30, without %"),
    ("sma(signal, 20, 1h) > 3", "sma(signal, 20, 1h)", "signal is a state: it has no sma", ""),
    ("drawdown(tm_grade, 30d) > 5%", "drawdown(tm_grade, 30d)",
     "tm_grade is a grade from 0 to 100: it changes by points", "write tm_grade down 5 in 30d"),
    ("close(coingecko.price, 1m) > 3", "close(coingecko.price, 1m)",
     "price comes every 5m: bars of 1m are too short", "take bars of 5m or longer"),
    ("price up 1% since open(coingecko.price, 1m)", "open(coingecko.price, 1m)",
     "price comes every 5m: bars of 1m are too short", "take bars of 5m or longer"),
    ("volume(price) > 3", "volume(price)", "volume takes the length of its bars",
     "write volume(1h), or volume(ETH.price, 1h)"),
    ("volume(volume_24h, 1h) > 3", "volume_24h", "volume goes with the price of a coin, not with volume_24h",
     "write volume(ETH.price, 1h), or volume(1h)"),
    ("volume(7m) > 3", "7m", "there are no bars of 7m", f"bars are of {', '.join(INTERVALS)}"),
    ("vwap(volume_24h, 20, 1h) > 3", "volume_24h", "vwap is of a price, not of volume_24h",
     "write vwap(ETH.price, 24, 1h)"),
    ("age(price, 3) > 10m", "age(price, 3)", "age takes one field", "write age(price) > 10m"),
]  # fmt: skip

FIGURES = [
    ("price > 1e999", "1e999", "'1e999' is too large", ""),
    ("price > 10hours", "10hours", "'10hours' is neither a number nor a duration", "write 10h"),
    ("price > 10x", "10x", "'10x' is neither a number nor a duration",
     "numbers end in k, M or B; durations in s, m, h, d or w; quote a name that begins with a digit"),
    ("price up 5% in 2hours", "2hours", "expected a duration such as 30s, 15m, 4h or 7d, not '2hours'", "write 2h"),
    ("price up 5% in 2H", "2H", "expected a duration such as 30s, 15m, 4h or 7d, not '2H'", "write 2h"),
    ("high(24) > 3", "24", "expected a duration such as 30s, 15m, 4h or 7d, not '24'", ""),
    ("price up 5h in 1h", "5h", "expected an amount such as 5% or 500, not '5h'", ""),
    ("price up 0% in 1h", "0%", "a move has to be larger than nothing", ""),
    ("price down 100% in 1h", "100%", "nothing falls by 100% or more", ""),
    ("price up 5% in 0", "price up 5% in 0", "a window has to be longer than nothing", ""),
    ("price up 5% in 401d", "price up 5% in 401d", "a window is 400d at the longest", ""),
    ("coingecko.price up 5% in 1m", "coingecko.price up 5% in 1m",
     "price comes every 5m: a window of 1m is too short", "take a window of 10m or longer, or poll more often"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    STRUCTURE + NAMES + TYPES + CONDITIONS + COUNTS + CALLS + FIGURES,
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_is_said_plainly(text: str, at: str, message: str, hint: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_condition(text, DESK)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (message, hint)
    assert problem.line == 1
    assert problem.text == text
    if at:
        assert text[problem.column - 1 :][: problem.width] == at
    else:
        assert problem.column == len(text) + 1


@pytest.mark.parametrize(("text", "idiom", "hint"), IDIOMS, ids=lambda value: str(value)[:40])
def test_what_traders_say_is_told_in_the_words_of_the_language(text: str, idiom: str, hint: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_condition(text, DESK)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (f"the language has no {idiom!r}", hint)
    assert text[problem.column - 1 :][: problem.width] == idiom


def test_a_coin_goes_before_an_idiom_of_its_name() -> None:
    with pytest.raises(RuleError, match=r"write ATH\.price for the price of a coin"):
        compile_condition("ATH > 3", replace(DESK, coins={**DESK.coins, "ATH": "ATH"}))


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("average(volume(1h), 30m) > 3", "average(volume(1h), 30m)",
         "volume(1h) comes every 1h: a window of 30m is too short"),
        ("BTC.ETHBTC > 3", "BTC.ETHBTC", "ETHBTC is a series: it has its coins already"),
        ("ETHBTC2 > 3", "ETHBTC2", "there is no field 'ETHBTC2'"),
        ("price > ETHBTC up", "up", f"{JOIN}, not 'up'"),
        ("basket > 5%", "basket > 5%",
         "basket is an amount of money and 5% is a percentage: the two cannot be compared"),
    ],
)  # fmt: skip
def test_mistakes_with_bars_and_series(text: str, at: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_condition(text, EVERYTHING)
    (problem,) = caught.value.problems
    assert problem.message == message
    assert text[problem.column - 1 :][: problem.width] == at


def test_all_mistakes_of_a_sentence_come_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        compile_condition("prise < 3 and signal is bulish and change(price, 1h) > 5 and not signal flips", DESK)
    assert [problem.column for problem in caught.value.problems] == [1, 25, 36, 62]


def test_a_problem_prints_with_its_line_and_a_caret() -> None:
    with pytest.raises(RuleError) as caught:
        compile_condition("price > 3 and\nprise < 4", DESK)
    assert str(caught.value) == (
        "1:15: there is no field 'prise'\n"
        "    price > 3 and prise < 4\n"
        "                  ^^^^^\n"
        "    did you mean 'price'?"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("price > " + "1 + " * 500 + "1", "longer than 2000 characters"),
        ("price > " + "1 + " * 200 + "1", "nested deeper than 60 levels"),
        ("price > " + "-" * 1900 + "1", "nested deeper than 60 levels"),
        ("not " * 400 + "price > 1", "nested deeper than 60 levels"),
        ("(" * 900 + "price > 1" + ")" * 900, ""),
    ],
    ids=["long", "sum", "minus", "not", "parentheses"],
)
def test_no_sentence_runs_out_of_stack(text: str, message: str) -> None:
    if not message:
        compile_condition(text, DESK)
        return
    with pytest.raises(RuleError, match=message):
        compile_condition(text, DESK)
