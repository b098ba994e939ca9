"""The grammar of the command line. Part of every start, so it imports next to nothing."""

from __future__ import annotations

import argparse

from tui.actions import ACTIONS
from tui.commands import arguments, flags
from tui.commands.argument_parser import Command, Example, Parser, nearest
from tui.commands.plain_start import DEMO_PODS
from tui.commands.stdio import write
from tui.commands.topics import TOPICS

ACTS = tuple(action.id for action in ACTIONS if action.command)
COMMANDS = ("once", "alerts", "logs", "report", "auto", *ACTS)
"""The commands that send requests to RunPod."""

LOOKS = (
    ("--ascii", "ascii", True, "draw with ASCII only, for terminals without box characters and braille"),
    ("--slow-link", "slow_link", True, "send less: sparklines for charts, a frame every 10 s"),
    ("--no-mouse", "mouse", False, "leave the mouse to the terminal, for its own selection"),
)
"""Flags of the display: the setting and its value."""

_ACTED_ON = {"resume": ("dataset-prep", "m5n4b3v2c1x0z9")}
"""A pod by its name and pods by their ids, in the examples of a command that does not make sense for running pods."""

_SCRIPTS = ("scripts", "output formats, fields and exit codes")


class _Version(argparse.Action):
    """Prints the versions, which are looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from tui.system.surroundings import versions

        write(f"{versions()}\n")
        parser.exit()


def parser() -> Parser:
    """The arguments of podtop."""
    top = Parser(
        "podtop",
        "A full-screen monitor for RunPod GPU pods. The API key comes from --api-key-file, RUNPOD_API_KEY, podtop's "
        "config.toml or ~/.runpod/config.toml, in this order.",
        (
            Example("podtop", "watch your pods"),
            Example("podtop --demo", "try it without an API key"),
            Example("podtop --profile work --read-only", "watch one of several accounts"),
            Example("podtop --replay latest --at 2h", "replay the last two recorded hours"),
        ),
        ("TOPIC", "the reference; podtop help lists commands and topics"),
    )
    top.add_argument("--demo", action="store_true", help="use a simulated account: no key, no network, no costs")
    flags.connection(top, None)
    top.add_argument("--theme", metavar="NAME", help="podtop-dark, podtop-light, or another theme of podtop or Textual")
    for flag, name, value, meaning in LOOKS:
        top.add_argument(flag, dest=name, action="store_const", const=value, help=meaning)
    top.add_argument("--no-record", dest="record", action="store_const", const=False, help="do not record history")
    top.add_argument(
        "--read-only", action="store_const", const=True, help="send no mutation: nothing on RunPod is changed"
    )
    top.add_argument("--replay", metavar="FILE", help="replay a recording; latest is the newest one")
    top.add_argument(
        "--at",
        metavar="TIME",
        help="start of the replay: 14:30, 2026-11-23 14:30, or 2h before its end; requires --replay",
    )
    flags.world(top, "demo: ", DEMO_PODS)
    top.add_argument(
        "-V", "--version", action=_Version, nargs=0, help="show the versions of podtop, Python and Textual"
    )
    flags.general(top, None)
    top.add_commands(_commands(), flags.general)
    return top.finish()


def _commands() -> dict[str, Command]:
    """Every command, in the order of the list."""
    table = {
        "record": Command(
            "watch without the UI: record, notify, act if allowed",
            "Record, and notify of alerts, without the UI until stopped. It changes no pod unless a flag allows it.",
            arguments.add_record,
            (
                Example("podtop record", "record and notify until ctrl+c"),
                Example("podtop record --profile work --interval 30", "record another account, less often"),
                Example("podtop record --listen 9464", "also serve /metrics for Prometheus"),
                Example("podtop record --export week.sqlite --since 7d", "copy the last week to one file"),
            ),
            ("history", "recordings, replay, a systemd unit"),
        ),
        "log": Command(
            "show the action log: what was requested, and the outcome",
            "Print the action log: time, user, action, pod, outcome.", arguments.add_log,
            (
                Example("podtop log --last 20", "the latest 20 actions"),
                Example("podtop log --pod qwen --json", "actions on pods like qwen, as JSON"),
            ),
            ("safety", "what is logged, and when"),
        ),
        "logs": Command(
            "print the logs of pods, or follow them",
            "Print the logs of pods: the latest lines, or each as it is written. Needs REST v2.", arguments.add_logs,
            (
                Example("podtop logs qwen-eval-sweep --tail 1000", "the latest 1,000 lines"),
                Example("podtop logs qwen-eval-sweep --follow", "until ctrl+c"),
                Example("podtop logs k3v9x0q2m1a7ze p8d2n5c1r4t6yw --since 10m", "two pods, by time"),
                Example("podtop logs qwen-eval-sweep --system --json", "pulls and starts, as JSON"),
            ),
            ("logs", "sources, the Logs screen, and what is kept"),
        ),
        "market": Command(
            "GPU prices and stock; needs no API key",
            "Open the Market screen; with --json or --csv, print the GPUs that can be rented now.",
            arguments.add_market,
            (
                Example("podtop market", "open the Market screen"),
                Example("podtop market --csv --cloud secure --sort vram", "one cloud, sorted by memory"),
                Example("podtop market --json --gpus 4 --filter 'vram>=80 price<2.5'", "4 GPUs, below $2.50/GPU/h"),
            ),
            ("market", "filters; podtop help scripts: fields and exit codes"),
        ),
        "account": Command(
            "balance, runway, charges, templates, API keys",
            "Open the Account screen; with --json, print the account.", arguments.add_account,
            (
                Example("podtop account", "open the Account screen"),
                Example("podtop account --json", "print the account"),
            ),
            _SCRIPTS,
        ),
        "alerts": Command(
            "list the rules of alerts, and what they say now",
            "List every rule of alerts: threshold, notification, your own settings and mutes, and what it says now, "
            "by RunPod's response and the recording.",
            arguments.add_alerts,
            (
                Example("podtop alerts", "every rule, and what it says now"),
                Example("podtop alerts --json", "the same as JSON"),
            ),
            ("alerts", "what each means, thresholds and mutes"),
        ),
        "simulate": Command(
            "serve a simulated RunPod API on loopback",
            "Serve a simulated RunPod on loopback, over GraphQL and REST v2, for podtop or any other client. It "
            "accepts every key that begins with rpa_.",
            arguments.add_simulate,
            (
                Example("podtop simulate", "serve on port 8114"),
                Example("podtop simulate --port 0 --pods 50", "any free port, 50 pods"),
                Example("podtop simulate --fault latency:2 --fault jitter:3", "slow, uneven responses"),
                Example("podtop simulate --retire-graphql 60", "GraphQL ends after a minute"),
            ),
            ("api", "how to point a client at it"), _faults,
        ),
        "once": Command(
            "print pods, prices, account, machines, alerts or training runs once",
            "Request the data once and print it as a table, JSON or CSV.", arguments.add_once,
            (
                Example("podtop once", "print your pods as a table"),
                Example("podtop once alerts", "print what needs attention"),
                Example("podtop once pods --json --filter 'llama h100'", "pods that match, as JSON"),
                Example("podtop once pods --csv --watch 60 > pods.csv", "log figures every minute"),
            ),
            _SCRIPTS,
        ),
    }  # fmt: skip
    table["report"] = Command(
        "what the last days cost, and what for",
        "Print what was paid, and what for: worked, idle, waiting, under-used, boots, disks; from the recording, held "
        "against RunPod's charges.",
        arguments.add_report,
        (
            Example("podtop report", "the last 7 days, by pod"),
            Example("podtop report --month --by gpu", "30 days, by GPU type"),
            Example("podtop report --since 2026-11-23 --by day --markdown", "days, for a message"),
            Example("podtop report --offline --json", "from the recording only, as JSON"),
        ),
        ("report", "how dollars are divided, and what is not known"),
    )
    table |= {action.id: _act(action.id, action.command) for action in ACTIONS if action.command}
    table |= {
        "doctor": Command(
            "check settings, key, network, terminal and files",
            "Check what podtop needs, one line each: what was found, what to do. It only reads, and shows no secret.",
            arguments.add_doctor,
            (
                Example("podtop doctor", "check everything"),
                Example("podtop doctor --profile work", "check one of several accounts"),
                Example("podtop doctor --json", "print one JSON document"),
            ),
            _SCRIPTS,
        ),
        "auto": Command(
            "idle stops: list, arm, postpone",
            "List which idle pods podtop stops; arm that, after a question; postpone it.",
            arguments.add_auto,
            (
                Example("podtop auto", "rules, what is armed, what would be next"),
                Example("podtop auto --arm qwen-eval-sweep", "arm the rule of [auto] for one pod; asks first"),
                Example("podtop auto --keep qwen-eval-sweep", "do not stop it for 60 minutes"),
            ),
            ("leases", "idle stops, and what they need"),
        ),
        "notify": Command(
            "list the ways podtop notifies you, or try each",
            "List the ways in [notify], what each is for and what waits. With --test, send one through each.",
            arguments.add_notify,
            (
                Example("podtop notify", "list them"),
                Example("podtop notify --test", "send a test through each"),
            ),
            ("notifications", "what you are notified of, and when"),
        ),
        "export": Command(
            "write a recording for Prometheus or VictoriaMetrics",
            "Write a recording as one OpenMetrics file, which Prometheus and VictoriaMetrics import.",
            arguments.add_export,
            (
                Example("podtop export --openmetrics --since 30d --output podtop.om", "the last 30 days"),
                Example("podtop export --openmetrics --pods 'llama-*' > llama.om", "some pods"),
            ),
            ("teams", "importing it, /metrics, dashboards, rules"),
        ),
        "teams": Command(
            "write a dashboard, rules and units for Prometheus and Grafana",
            "Write the files that teams run along with podtop record --listen: a Grafana dashboard, alert rules, a "
            "scrape configuration, a compose file, systemd units.", arguments.add_teams,
            (
                Example("podtop teams --write monitoring", "write them into a new folder"),
                Example("podtop teams --write ~/monitoring", "somewhere else"),
            ),
            ("teams", "what each is for"),
        ),
        "config": Command(
            "locate, explain and validate settings", "Locate, create, explain and validate podtop's settings.",
            arguments.add_config,
            (
                Example("podtop config --init", "create a config.toml with every setting explained"),
                Example("podtop config --check", "report mistakes with their lines"),
                Example("podtop config --keys", "list keys and their IDs"),
            ),
            ("config", "files, precedence, profiles"), _settings,
        ),
        "completions": Command(
            "print completions for bash, zsh or fish", "Print podtop's completions for a shell.",
            arguments.add_completions,
            (
                Example("podtop completions bash > ~/.local/share/bash-completion/completions/podtop", "for bash"),
                Example("podtop completions zsh > ~/.zfunc/_podtop", "for zsh"),
                Example("podtop completions fish > ~/.config/fish/completions/podtop.fish", "for fish"),
            ),
            ("scripts", "the file that each shell reads"),
        ),
    }  # fmt: skip

    def topic(text: str) -> str:
        if text not in known:
            raise argparse.ArgumentTypeError(f"no topic {text!r}{nearest(text, known) or '; podtop help lists them'}")
        return text

    def add_help(to: Parser) -> None:
        meaning = "a help topic or a command (default: list both)"
        to.add_argument("topic", nargs="?", type=topic, choices=known, metavar="TOPIC", help=meaning)

    table["help"] = Command(
        "list commands and help topics, or show one", "List commands and help topics, or show one of them.", add_help,
        (
            Example("podtop help", "list commands and topics"),
            Example("podtop help keys", "every key"),
            Example("podtop help once", "the help of a command"),
        ),
        ("TOPIC", "the reference"),
    )  # fmt: skip
    known = (*TOPICS, *(name for name in table if name not in TOPICS))
    return table


def _act(name: str, summary: str) -> Command:
    """A command that changes pods."""
    by_name, by_ids = _ACTED_ON.get(name, ("qwen-eval-sweep", "k3v9x0q2m1a7ze p8d2n5c1r4t6yw"))

    def fill(to: Parser) -> None:
        to.add_argument("pods_named", nargs="+", metavar="POD", help="a pod's ID, or a name that only one pod has")
        to.add_argument(
            "--yes",
            action="store_true",
            help="do not ask; required without a terminal; with --quiet, consequences are not shown",
        )
        to.add_argument("--dry-run", action="store_true", help="print what would be sent, and send nothing")
        flags.source(to)

    return Command(
        summary,
        f"{name.capitalize()} pods: show what this does to money and data, ask, then send.",
        fill,
        (
            Example(f"podtop {name} {by_name}", "by name; asks first"),
            Example(f"podtop {name} {by_name} --dry-run", "print what would be sent"),
            Example(f"podtop {name} {by_ids} --yes", "by ID; does not ask"),
        ),
        ("actions", "what each does; podtop help scripts: exit codes"),
    )


def _settings() -> str:
    from tui.config.writer import explained

    return f"settings {explained()}".rstrip("\n")


def _faults() -> str:
    from tui.demo.faults import listed

    return f"faults:\n{listed()}"
