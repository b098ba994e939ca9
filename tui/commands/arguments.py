"""The arguments of each command. Part of every start, so it imports next to nothing."""

from __future__ import annotations

import argparse

from tui.commands import flags
from tui.commands.argument_parser import Parser
from tui.commands.plain_start import SIMULATED_PODS

KINDS = ("pods", "market", "account", "hosts", "alerts", "runs")
SHELLS = ("bash", "zsh", "fish")
CONFIG = {
    "path": "print the path of config.toml",
    "init": "create config.toml with every setting explained; never overwrites a file",
    "check": "report all mistakes in config.toml; exits with 2 for errors",
    "schema": "print the JSON schema of config.toml, for editors",
    "keys": "list all keys with their IDs for [keymap]",
}
"""The subcommands of `podtop config`."""


def add_record(to: Parser) -> None:
    to.add_argument("--enforce-leases", action="store_true", help="stop or terminate pods whose lease ends")
    to.add_argument("--watches", action="store_true", help="deploy and resume pods for armed watches")
    # Under another name than its own, which is that of a table of the settings.
    to.add_argument("--auto", dest="stops_idle", action="store_true", help="stop idle pods for which that is armed")
    to.add_argument(
        "--same-account", choices=("yes", "no"),
        help="yes: extend the last recording, no: start one, when RunPod does not report the account",
    )  # fmt: skip
    to.add_argument(
        "--listen", type=flags.listen_address, metavar="ADDR",
        help="serve /metrics for Prometheus there: a port, or HOST:PORT",
    )  # fmt: skip
    to.add_argument(
        "--token-file", type=flags.file_path, metavar="FILE",
        help="bearer token that readers must send; needed beyond this machine",
    )  # fmt: skip
    to.add_argument(
        "--export", type=flags.file_path, metavar="FILE",
        help="record nothing: copy the recording to a new file that can be handed over",
    )  # fmt: skip
    to.add_argument("--from", dest="recording", type=flags.file_path, metavar="FILE", help="export this recording")
    to.add_argument("--pods", dest="pods_like", metavar="PATTERN", help="export only pods named like this: train-*")
    to.add_argument("--since", dest="export_since", metavar="TIME", help="export from a time on: 2d, yesterday")
    to.add_argument("--with-logs", action="store_true", help="export lines of logs too, if [signals] keep_log kept any")
    flags.connection(to)


def add_teams(to: Parser) -> None:
    to.add_argument("--write", required=True, type=flags.file_path, metavar="DIR", help="folder to write them into")


def add_export(to: Parser) -> None:
    to.add_argument(
        "recording", nargs="?", type=flags.file_path, metavar="FILE",
        help="a recording; default: that of --profile, or the only one",
    )  # fmt: skip
    to.add_argument("--openmetrics", action="store_true", required=True, help="OpenMetrics text with times")
    to.add_argument("--since", dest="since_ago", type=flags.ago, metavar="TIME", help="only so far back: 2h, 30d")
    to.add_argument("--account", metavar="NAME", help="account in the labels (default: the profile, or default)")
    to.add_argument("--pods", dest="pods_like", default="*", metavar="PATTERN", help="only pods like llama-*")
    to.add_argument(
        "-o", "--output", default="-", type=flags.file_path, metavar="FILE", help="write a new file (default: print)"
    )


def add_log(to: Parser) -> None:
    to.add_argument("--last", type=flags.lines, metavar="N", help="only the last N actions")
    to.add_argument("--pod", metavar="TEXT", help="only pods whose name or ID contains TEXT")
    to.add_argument("--json", action="store_true", help="print the entries as JSON, one per line")


def add_logs(to: Parser) -> None:
    to.add_argument("pods_named", nargs="+", metavar="POD", help="a pod's ID, or a name that only one pod has")
    to.add_argument("-f", "--follow", action="store_true", help="print lines as they are written, until stopped")
    begin = to.add_mutually_exclusive_group()
    begin.add_argument(
        "--tail", type=flags.log_lines, default=100, metavar="N", help="begin with the latest N lines (default 100)"
    )
    begin.add_argument("--since", type=flags.ago, metavar="TIME", help="begin so long ago: 90s, 10m, 2h, 3d")
    of = to.add_mutually_exclusive_group()
    for name, meaning in (("container", "what the container writes"), ("system", "what RunPod does with it")):
        of.add_argument(f"--{name}", dest="log_source", action="store_const", const=name, help=f"only {meaning}")
    to.add_argument("--json", action="store_true", help="print one JSON object per line")
    flags.source(to)


def add_market(to: Parser) -> None:
    to.set_defaults(kind="market", watch=None)
    flags.market(to)
    to.add_argument("--filter", metavar="TERMS", help="filter as on the screen, like 'vram>=80 price<2.5 h100'")
    flags.output_form(to, "json", "csv")
    flags.connection(to)


def add_account(to: Parser) -> None:
    flags.output_form(to, "json")
    flags.connection(to)


def add_alerts(to: Parser) -> None:
    flags.output_form(to, "json")
    flags.source(to)


def add_simulate(to: Parser) -> None:
    to.add_argument(
        "--port", type=flags.port, default=8114, metavar="N", help="port on 127.0.0.1 (default 8114; 0: any free port)"
    )
    to.add_argument(
        "--fault", action="append", default=[], metavar="NAME[:VALUE]", help="inject a fault (repeatable), see below"
    )
    to.add_argument(
        "--ssh-port", type=flags.port, metavar="N", help="port on 127.0.0.1 that port 22 of every pod maps to"
    )
    gone = to.add_mutually_exclusive_group()
    gone.add_argument(
        "--retire-graphql", type=flags.up_to_an_hour, nargs="?", const=0.0, metavar="SECONDS",
        help="retire GraphQL (410) after this many seconds (default 0); REST v2 continues",
    )  # fmt: skip
    gone.add_argument("--rest-only", action="store_true", help="serve REST v2 only: GraphQL is retired (410)")
    flags.world(to, "", SIMULATED_PODS, argparse.SUPPRESS)


def add_auto(to: Parser) -> None:
    one_of = to.add_mutually_exclusive_group()
    one_of.add_argument("--arm", metavar="POD", help="stop this pod, or pods like exp-*, when idle; asks first")
    one_of.add_argument("--disarm", metavar="POD", help="do not any more")
    one_of.add_argument("--keep", metavar="POD", help="postpone by 60 minutes")
    to.add_argument("--yes", action="store_true", help="do not ask; required without a terminal")
    to.add_argument("--json", action="store_true", help="print the list as one JSON document")
    flags.source(to)


def add_once(to: Parser) -> None:
    to.set_defaults(form="table")
    to.add_argument(
        "kind", nargs="?", choices=KINDS, default="pods", metavar="WHAT",
        help="pods (default), market (needs no API key), account, hosts (machines you rent out), alerts, runs",
    )  # fmt: skip
    flags.output_form(to, "json", "csv", "table")
    to.add_argument("--filter", metavar="TEXT", default="", help="filter as on the screen: llama 'util<5' !idle")
    to.add_argument("--schema", action="store_true", help="print the JSON schema of the documents of every kind")
    to.add_argument("--watch", type=flags.seconds, metavar="N", help="repeat every N seconds until stopped (min. 2)")
    flags.market(to, "market: ")
    flags.source(to)


def add_report(to: Parser) -> None:
    to.set_defaults(form="table", span="week")
    span = to.add_mutually_exclusive_group()
    span.add_argument("--week", dest="span", action="store_const", const="week", help="the last 7 days (default)")
    span.add_argument("--month", dest="span", action="store_const", const="month", help="the last 30 days")
    span.add_argument("--since", type=flags.date, metavar="DATE", help="since a day: 2026-11-23, or 3d")
    to.add_argument("--by", choices=("pod", "gpu", "day", "run"), default="pod", help="the rows (default pod)")
    flags.output_form(to, "json", "csv", "markdown", "table")
    to.add_argument(
        "--offline", action="store_true", help="request nothing from RunPod: no charges, no network volumes"
    )
    flags.source(to)


def add_doctor(to: Parser) -> None:
    to.add_argument("--json", action="store_true", help="print one JSON document")
    flags.source(to)


def add_notify(to: Parser) -> None:
    to.add_argument("--test", action="store_true", help="send one through each, and report what happened")
    to.add_argument("--json", action="store_true", help="print one JSON document")
    flags.config_file(to)


def add_config(to: Parser) -> None:
    flags.config_file(to)
    one_of = to.add_mutually_exclusive_group(required=True)
    for name, means in CONFIG.items():
        one_of.add_argument(f"--{name}", dest="what", action="store_const", const=name, help=means)


def add_completions(to: Parser) -> None:
    to.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")
