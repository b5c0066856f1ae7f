"""Where everything lasts: `sqlite` for the daemon, `memory` for replay and tests, one contract for both.

`schema` holds the tables, `database` opens files of them, `writer` is the thread that owns the connection;
`maintenance` and `status` are what the command line needs beside it.
"""
