"""Metadata that depend on where the project is published: its URLs, and absolute links in the description.

The address is not written down anywhere: it is that of the repository which the build comes from. A package index shows
the readme without the files beside it, so links into the repository are made absolute for it.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from email.parser import HeaderParser
from pathlib import Path
from urllib.parse import urlsplit

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)\s]+)\)")
_SCP = re.compile(r"^(?:[^@/]+@)?([\w.-]+):(?!//)(.+)$")


class CustomMetadataHook(MetadataHookInterface):
    """Sets the readme, and the URLs where the address of the repository is known."""

    def update(self, metadata: dict[str, object]) -> None:
        root = Path(self.root)
        text = (root / "README.md").read_text(encoding="utf-8")
        if address := repository(root, os.environ):
            metadata["urls"] = urls(address)
            text = absolute(text, address, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def repository(root: Path, environ: Mapping[str, str]) -> str:
    """The address of the repository as a web page, such as "https://github.com/someone/podtop"; empty if unknown.

    Of PODTOP_REPOSITORY, the workflow that builds, the source distribution that is built from, and the clone's origin.
    """
    if given := environ.get("PODTOP_REPOSITORY"):
        return web_address(given)
    if (server := environ.get("GITHUB_SERVER_URL")) and (name := environ.get("GITHUB_REPOSITORY")):
        return web_address(f"{server}/{name}")
    return _of_sdist(root / "PKG-INFO") if (root / "PKG-INFO").is_file() else web_address(_origin(root))


def web_address(remote: str) -> str:
    """A git remote as a web page, without credentials; empty for one that is none, such as a path."""
    text = remote.strip()
    if "://" not in text and (scp := _SCP.match(text)):
        text = f"ssh://{scp[1]}/{scp[2]}"
    parts = urlsplit(text)
    path = parts.path.strip("/").removesuffix(".git")
    if parts.scheme not in ("https", "ssh", "git") or not parts.hostname or "/" not in path:
        return ""
    return f"https://{parts.hostname}/{path}"


def urls(address: str) -> dict[str, str]:
    """The project's links on a package index."""
    pages = f"{address}{_dash(address)}"
    return {"Source": address, "Issues": f"{pages}/issues", "Changelog": f"{pages}/blob/HEAD/CHANGELOG.md"}


def absolute(text: str, address: str, tag: str) -> str:
    """The readme with its links into the repository made absolute, at a tag: pictures as files, the rest as pages."""

    def link(match: re.Match[str]) -> str:
        kind = "raw" if match[1] else "blob"
        return f"{match[1]}[{match[2]}]({address}{_dash(address)}/{kind}/{tag}/{match[3]})"

    return _LINK.sub(link, text)


def _dash(address: str) -> str:
    """What GitLab's addresses have before the kind of a page."""
    return "/-" if "gitlab" in (urlsplit(address).hostname or "") else ""


def _of_sdist(info: Path) -> str:
    """The address in the metadata of the source distribution that is built from."""
    headers = HeaderParser().parsestr(info.read_text(encoding="utf-8"))
    named = (value.partition(", ") for value in headers.get_all("Project-URL") or ())
    return next((address for name, _, address in named if name == "Source"), "")


def _origin(root: Path) -> str:
    if not (root / ".git").exists():
        return ""
    try:
        found = subprocess.run(  # noqa: S603
            ["git", "-C", str(root), "config", "--get", "remote.origin.url"],  # noqa: S607
            capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()
