"""What traders say, and how the condition language says it. See `patterns` for how a row is read."""

from alertd.bot.language.patterns import Table

RISES = (
    "up|rise|rises|gain|gains|pump|pumps|increase|increases|jump|jumps|climb|climbs|rally|rallies|surge|"
    "surges|soar|soars|grow|grows|spike|spikes|moon|moons"
    "|rising|gaining|pumping|climbing|jumping|rallying|rose|risen|gained|jumped|pumped|increased|climbed|rallied"
    "|surged|soared|grew|grown|spiked|mooned|mooning"
)
FALLS = (
    "down|drop|drops|fall|falls|lose|loses|dump|dumps|decrease|decreases|decline|declines|sink|sinks|"
    "slide|slides|crash|crashes|tank|tanks|dip|dips|plunge|plunges|nukes|nuke|nuking|nuked"
    "|falling|dropping|dumping|crashing|losing|fell|fallen|dropped|lost|crashed|dumped|decreased|declined|sank|slid"
    "|tanked|dipped|plunged|plummets|plummeted"
)
"""What a price does, either way: the words of a pattern."""
_MOVES = "moves|move|changes|change|swings|swing|shifts|shift|moving|moved|changed"
_GOES = "goes|go|gets|get|is|are|moves|move|going|comes|come|falls|fall|drops|drop|falling|dropping|moving"
_RISING = (
    "cross|crosses|goes|go|gets|get|rises|rise|climbs|climb|jumps|jump|moves|move|pushes|push|shoots|"
    "surges|surge|rallies|rally|pumps|pump|comes|come|going"
    "|crossing|crossed|going|rising|climbing|went|rose|jumped"
)
_FALLING = (
    "cross|crosses|goes|go|gets|get|falls|fall|drops|drop|sinks|sink|dips|dip|slides|slide|dumps|dump|"
    "crashes|crash|moves|move|comes|come|plunges|plunge|going|tanks"
    "|crossing|crossed|falling|dropping|fell|dropped|went"
)
_STAYS = "is|are|stays|stay|remains|remain|sits|trades|trading|holds|hold|stands|be|keeps|was|becomes|become|costs|cost"
_TURNS = (
    "flips|flip|turns|turn|goes|go|becomes|become|switches|"
    "switch|changes|change|gets|get|flipping|turning|flipped|turned|went"
)
_SETS = "hits|hit|makes|make|sets|set|reaches|reach|is|prints|at"
_REACHES = "reaches|reach|hits|hit|touches|touch|equals|tags|reaching|hitting|touching|reached|touched"
_ABOVE, _BELOW = "above|over|past", "below|under|beneath"
_COMPARED = "reaches|>|<|>=|<=|=|==|!=|*|/|(|,"

_SAY_NOTHING = (
    "the my a an its it it's please pls plz thanks thank thx ty cheers just then eventually suddenly currently now "
    "again that "
    "has have had been will would should i i'm coin token value ever actually there starts start "
    "begins sees does level mark whole too current ok hey hi you let me target want need "
)
FILLERS = frozenset(_SAY_NOTHING.split())
"""Words that say nothing here."""

NAMED = Table(
    (
        ("50 / 200 golden|death cross", "{3} {4}"),
        ("market|crypto? fear and|&? greed index?", "market.fear_greed"),
        ("feargreed|fng|fgi index?", "market.fear_greed"),
        ("market cap|capitalization|capitalisation rank", "market_cap_rank"),
        ("market|mkt cap|capitalization|capitalisation", "market_cap"),
        ("marketcap|mcap rank", "market_cap_rank"),
        ("marketcap|mcap", "market_cap"),
        ("all - time - high|highs", "all_time_high"),
        ("all -? time high|highs", "all_time_high"),
        ("ath|aths", "all_time_high"),
        ("all - time - low|lows", "all_time_low"),
        ("all -? time low|lows", "all_time_low"),
        ("atl|atls", "all_time_low"),
        ("volume|vol 24h", "volume_24h"),
        ("24h|daily volume|vol", "volume_24h"),
        ("hourly signal", "hourly_signal"),
        ("token metrics signal", "signal"),
        ("token metrics grade", "tm_grade"),
        ("ai|tm|trading|daily signal", "signal"),
        ("grade signal", "grade_signal"),
        ("tm|ai grade", "tm_grade"),
        ("grade", "tm_grade"),
        ("trader|trading grade", "trader_grade"),
        ("investor|investment grade", "investor_grade"),
        ("fundamental|fundamentals grade", "fundamental_grade"),
        ("technology|tech grade", "technology_grade"),
        ("valuation grade", "valuation_grade"),
        ("market sentiment", "market_sentiment"),
        ("news sentiment", "news_sentiment"),
        ("reddit sentiment", "reddit_sentiment"),
        ("twitter|x sentiment", "twitter_sentiment"),
        ("previous|prior day high|low", "previous {2}"),
        ("previous|prior week high|low", "weekly {2}"),
        ("on the? daily chart|timeframe|candle|tf?", "1d"),
        ("on the? weekly chart|timeframe|candle|tf?", "1w"),
        ("on the? hourly chart|timeframe|candle|tf?", "1h"),
        ("on the? <time> chart|timeframe|tf", "on {2}"),
        ("daily rsi|ema|sma|ma|macd", "1d {1}"),
        ("weekly rsi|ema|sma|ma|macd", "1w {1}"),
        ("hourly rsi|ema|sma|ma|macd", "1h {1}"),
        ("<time> closes|close|closing", "close ( {0} )"),
        ("<time> candle|bar closes|close", "close ( {0} )"),
        ("daily close|closes", "close ( 1d )"),
        ("weekly close|closes", "close ( 1w )"),
        ("hourly close|closes", "close ( 1h )"),
    )
)
"""Fields by the names that people have for them, before coins are looked for."""

SAID = Table(
    (
        ("volume|vol spikes|spike|spiking|surges|surge", "volume ( 1h ) > 3 * average ( volume ( 1h ) , 7d )"),
        ("golden cross <time>", "sma ( 50 , {2} ) crosses above sma ( 200 , {2} )"),
        ("<time> golden cross", "sma ( 50 , {0} ) crosses above sma ( 200 , {0} )"),
        ("death cross <time>", "sma ( 50 , {2} ) crosses below sma ( 200 , {2} )"),
        ("<time> death cross", "sma ( 50 , {0} ) crosses below sma ( 200 , {0} )"),
        ("rsi|atr ( <number> ) <time>", "{0} ( {2} , {4} )"),
        ("golden cross", "sma ( 50 , 1d ) crosses above sma ( 200 , 1d )"),
        ("death cross", "sma ( 50 , 1d ) crosses below sma ( 200 , 1d )"),
        (f"{_SETS}|{_REACHES} at? new? all_time_high", ">= all_time_high"),
        (f"{_SETS}|{_REACHES} at? new? all_time_low", "<= all_time_low"),
        ("new all_time_high", ">= all_time_high"),
        ("new all_time_low", "<= all_time_low"),
        (f"{_SETS} new <time> high|highs", "> high ( {2} )"),
        (f"{_SETS} new <time> low|lows", "< low ( {2} )"),
        ("new <time> high|highs", "> high ( {1} )"),
        ("new <time> low|lows", "< low ( {1} )"),
        (f"{_SETS} new high|highs", "> high ( 24h )"),
        (f"{_SETS} new low|lows", "< low ( 24h )"),
        ("new high|highs", "> high ( 24h )"),
        ("new low|lows", "< low ( 24h )"),
        ("<time> high|highs", "high ( {0} )"),
        ("<time> low|lows", "low ( {0} )"),
        ("within <amount> of", "within {1} of"),
        ("in|within|during|inside|over less? than? last|past|next? <span>", "in {4}"),
        ("in|within|during|inside less? than? last|past|next? <minutes>", "in {4}"),
        # What stays on one side, gets to it, or is compared.
        (f"{_COMPARED} - <percent>", "{0} - {2}"),
        (f"{_STAYS}? {_ABOVE} - <percent>", "> - {3}"),
        (f"{_STAYS}? {_BELOW} - <percent>", "< - {3}"),
        (f"{_COMPARED} <level> - <level>", "{0} {1} - {3}"),
        (f"{_STAYS} at or {_ABOVE}", ">="),
        (f"{_STAYS} at or {_BELOW}", "<="),
        (f"{_STAYS} not {_ABOVE}", "<="),
        (f"{_STAYS} not {_BELOW}", ">="),
        (f"{_STAYS} {_ABOVE}", ">"),
        (f"{_STAYS} {_BELOW}", "<"),
        ("at or above|over|higher", ">="),
        ("at or below|under|lower", "<="),
        ("above|over or at", ">="),
        ("below|under or at", "<="),
        ("> or = to?", ">="),
        ("greater|more|higher|bigger than or equal to?", ">="),
        ("less|lower|smaller than or equal to?", "<="),
        (f"{_STAYS} at least", ">="),
        (f"{_STAYS} at most", "<="),
        ("at least", ">="),
        ("at most", "<="),
        ("no less|lower than", ">="),
        ("no more|higher than", "<="),
        (f"{_STAYS} higher|greater|more|bigger|larger than", ">"),
        (f"{_STAYS} lower|less|smaller|cheaper than", "<"),
        ("not above|over", "<="),
        ("not below|under", ">="),
        ("higher|greater|more|bigger|larger than", ">"),
        ("lower|less|smaller|cheaper than", "<"),
        # `more then 70k`, of which `then` says nothing.
        ("higher|greater|more|bigger|larger <level>", "> {1}"),
        ("lower|less|smaller|cheaper <level>", "< {1}"),
        ("exceeds|exceed|surpasses|surpass|tops|gt", ">"),
        ("gte|ge", ">="),
        ("lt", "<"),
        ("lte|le", "<="),
        ("passes|pass|passing|passed", "crosses"),
        ("breaks|break out of <level> to|-|and <level>", "leaves {3} to {5}"),
        ("breaks|break|breaking|broke|broken up|out? above|over", "breaks above"),
        ("breaks|break|breaking|broke|broken down? below|under", "breaks below"),
        ("breaks|break|breaking|broke|broken", "breaks"),
        (f"{_RISING} back|up? back? {_ABOVE}", "crosses above"),
        (f"{_FALLING} back|down? back? {_BELOW}", "crosses below"),
        (f"{_RISING} up? through", "crosses"),
        (f"back {_ABOVE}", "crosses above"),
        (f"back {_BELOW}", "crosses below"),
        ("crosses|cross|crossing|crossed up", "crosses above"),
        ("crosses|cross|crossing|crossed down", "crosses below"),
        ("crosses|cross|crossing|crossed", "crosses"),
        # Ranges.
        ("enters|enter|entering|into channel? between? <level> to|-|and|,? <level>", "enters {3} to {5}"),
        ("leaves|leave|exits|exit|exiting channel? between? <level> to|-|and|,? <level>", "leaves {3} to {5}"),
        ("leaves|leave|exits|exit", "leaves"),
        ("enters|enter", "enters"),
        (f"{_STAYS} not within", "not within"),
        (f"{_STAYS} not between", "not between"),
        (f"{_STAYS} within <amount> of", "within {2} of"),
        (f"{_STAYS} outside|not between? <level> to|-|and <level>", "not between {3} and {5}"),
        ("outside|not between? <level> to|-|and <level>", "not between {2} and {4}"),
        (f"{_STAYS} between|inside|in|from <level> to|-|and <level>", "between {2} and {4}"),
        ("between|inside|in|from <level> to|-|and <level>", "between {1} and {3}"),
        ("<level> to|- <level>", "between {0} and {2}"),
        ("range|between|in from? <level> ,|-|to? <level>", "between {2} and {4}"),
        (f"{_STAYS} between", "between"),
        (f"{_GOES}|rises|rise|climbs|climb|dips|dip|sinks up|down|back to <level>", "reaches {3}"),
        ("up|down|back to <level>", "reaches {2}"),
        # Moves.
        ("<amount> up or down", "moves {0}"),
        (f"{_STAYS} {FALLS} by? <percent> below|under|from|off", "down {3} since"),
        (f"{_STAYS} {RISES} by? <percent> from|off", "up {3} since"),
        (f"{FALLS} by? <percent> below|under|from|off", "down {2} since"),
        (f"{RISES} by? <percent> from|off", "up {2} since"),
        ("- <percent> below|under|from|off", "down {1} since"),
        ("+ <percent> from|off", "up {1} since"),
        ("<percent> below|under|off", "down {0} since"),
        ("<percent> above", "up {0} since"),
        (f"{_GOES}? up or down by? <amount>", "moves {5}"),
        ("in? either way|direction", ""),
        (f"<amount> {RISES}|higher", "up {0}"),
        (f"<amount> {FALLS}|loss|lower", "down {0}"),
        (f"<amount> {_MOVES}", "moves {0}"),
        (f"{_GOES} {RISES} by|of|at|more? than|least? <amount>", "up {4}"),
        (f"{_GOES} {FALLS} by|of|at|more? than|least? <amount>", "down {4}"),
        (f"{RISES} by|of|at|more|over? more|at? than|least? <amount>", "up {4}"),
        (f"{FALLS} by|of|at|more|over? more|at? than|least? <amount>", "down {4}"),
        (f"{_MOVES} by|of|at|more|over? more|at? than|least? <amount>", "moves {4}"),
        ("+ - <amount>", "moves {2}"),
        ("± <amount>", "moves {1}"),
        ("+ <percent>", "up {1}"),
        ("- <percent>", "down {1}"),
        ("+ <level> in? <time>", "up {1} in {3}"),
        ("- <level> in? <time>", "down {1} in {3}"),
        ("doubles|double|doubling|doubled", "up 100%"),
        ("triples|triple|tripled", "up 200%"),
        ("quadruples|quadruple", "up 300%"),
        ("halves|halve|halved", "down 50%"),
        # States.
        (f"{_TURNS} from strong? <state> to strong? <state>", "flips from {2} {3} to {5} {6}"),
        (f"{_TURNS} to? strong? <state>", "flips to {2} {3}"),
        ("flips|flip|flipping", "flips"),
        ("bullish|bearish flip|turn", "flips to {0}"),
        ("bullish|bearish signal", "signal is {0}"),
        ("signal bullish|bearish", "signal is {1}"),
        # Levels that are touched.
        ("is|are? equal|equals to <level>", "reaches {3}"),
        (f"{_STAYS} at <level>", "reaches {2}"),
        (f"{_GOES}|rises|rise|climbs|climb|dips|dip|sinks to <level>", "reaches {2}"),
        (f"{_REACHES}", "reaches"),
        ("arrives|arrive at? <level>", "reaches {2}"),
        ("at|@ <level>", "reaches {1}"),
        ("is? <level> or above|over|past <level>", "{1} or > {4}"),
        ("is? <level> or below|under|beneath <level>", "{1} or < {4}"),
        ("is <level> or more|higher|above", ">= {1}"),
        ("is <level> or less|lower|below", "<= {1}"),
        ("is|are|becomes|become|costs|cost|equal|worth <level>", "reaches {1}"),
        ("<level> or more|higher|above|over", ">= {0}"),
        ("<level> or less|lower|below|under", "<= {0}"),
        (_ABOVE, ">"),
        (_BELOW, "<"),
        # Windows and what goes on.
        ("and|,|but? holds|hold|held|stays|stay|remains there|above|below? for? at? least? <time>", ", holds {6}"),
        ("so? far? today", "since open ( 1d )"),
        ("since midnight|today", "since open ( 1d )"),
        ("on day", "since open ( 1d )"),
        ("since? this week", "since open ( 1w )"),
        ("but", "and"),
    )
)

ORDERED = Table(
    (
        ("crosses above|below <level> or > <level>", "{0} {1} {2} or crosses above {5}"),
        ("crosses above|below <level> or < <level>", "{0} {1} {2} or crosses below {5}"),
        ("up|down|moves <amount> or? more? over|within? <time>", "{0} {1} in {5}"),
        ("up|down|moves <amount> or more", "{0} {1}"),
        ("up|down|moves <amount> / <time>", "{0} {1} in {3}"),
        ("in <time> up|down|moves <amount>", "{2} {3} in {1}"),
        ("<time> :? up|down|moves <amount>", "{2} {3} in {0}"),
        ("up|down|moves <amount> , <time>", "{0} {1} in {3}"),
        ("<time> price? change|changes >|<|>=|<=", "change ( price , {0} ) {3}"),
        ("change <time> >|<|>=|<=", "change ( price , {1} ) {2}"),
        ("signal changes|change|changed|turns|switches", "{0} flips"),
        ("is|are|be >|<|>=|<=|=|==|!=|crosses|reaches|up|down|moves|between", "{1}"),
        ("up|down|moves <amount> > <minutes>", "{0} {1} in {3}"),
        ("<level> < price <|<= <level>", "{2} > {0} and {2} {3} {4}"),
        ("<level> <= price <|<= <level>", "{2} >= {0} and {2} {3} {4}"),
        ("<level> > price >|>= <level>", "{2} < {0} and {2} {3} {4}"),
        ("<level> >= price >|>= <level>", "{2} <= {0} and {2} {3} {4}"),
    )
)
"""What comes in another order than the language has it, once the words are its own."""
