"""`alertd init`: a first configuration and a first rule, which need no key and print on the console."""

from pathlib import Path

import click

from alertd.errors import AlertdError, ConfigError

CONFIG = """\
# alertd's configuration. `alertd check` says what is wrong with it, `alertd run` runs it.
# Paths are relative to this file. Times are written 30s, 15m, 4h, 7d; numbers 70000, 70k, 1.5M.
version: 1
state: alertd.db                 # the database: what is firing, what is still to be sent
rules: [rules/*.yaml]
zone: UTC                        # of dates in rules and of times in messages, such as Europe/Madrid

# Where prices come from. These two need no key.
sources:
  binance: {every: 10s}
  coingecko: {every: 5m}
  # tokenmetrics: {keys: ["file:/etc/alertd/keys/tokenmetrics"], quota: 10k/month, every: {signal: 1h}}
  # fear_greed: {}
prices: [binance, coingecko]     # the first that has a coin gives its price; the next steps in while it is silent

# Where messages go. A secret is never written here, only where it is: env:NAME, file:/path or cred:name.
channels:
  console: {}
  # telegram: {token: "env:TELEGRAM_TOKEN"}
  # slack: {token: "env:SLACK_TOKEN"}
  # discord: {webhook: "env:DISCORD_WEBHOOK"}
  # email:
  #   {host: smtp.desk.example, tls: starttls, from: alerts@desk.example, user: alerts, password: "env:SMTP_PASSWORD"}
  # webhook: {url: "https://desk.example/alerts", secret: "env:WEBHOOK_SECRET"}

# Who there is: a name, and an address on each channel. `alertd send-test me` tries it.
receivers:
  me: {console: me}
  # desk: {slack: "#alerts", telegram: 123456789, cap: 30/h}
operator: [me]                   # who is told when a source or a channel fails
route: {to: [me]}                # who is told of rules without a `notify` of their own

watchlists:
  majors: [BTC, ETH, SOL]

control: alertd.sock             # for `alertd reload`, `status`, `silence`, `ack`, …
http: 127.0.0.1:9464             # /healthz, /readyz, /metrics; off for none
watch: false                     # true: rule files are read again when they change
"""

RULE = """\
# A first rule: bitcoin, ether or solana moves by one percent within a quarter of an hour.
version: 1
rules:
  - name: first-move
    symbols: majors
    when: price moves 1% in 15m
    cooldown: 15m
"""


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=".")
def command(directory: Path) -> None:
    """Write alertd.yaml and rules/first.yaml into DIRECTORY (here). They need no key; nothing is overwritten."""
    files = {directory / "alertd.yaml": CONFIG, directory / "rules" / "first.yaml": RULE}
    if taken := [str(path) for path in files if path.exists()]:
        raise ConfigError(f"there is {' and '.join(taken)} already: nothing was written")
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise AlertdError(f"cannot write {path}: {error.strerror}") from None
        click.echo(f"wrote {path}")
    config = directory / "alertd.yaml"
    option = "" if directory == Path() else f" --config {config}"
    click.echo(f"Now: alertd check{option}, then alertd run{option}")
