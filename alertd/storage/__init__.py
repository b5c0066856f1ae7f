"""Where everything lasts: `sqlite` for the daemon, `memory` for replay and tests: the same SQL, one contract for both.

`schema` holds the tables, `database` opens files of them, `writer` is the thread that owns the connection. `rules`,
`events`, `outbox`, `queue`, `turns` and `ways` are the SQL of a part each. `record`, `standing`, `status` and
`maintenance` are what the command line needs beside it.
"""
