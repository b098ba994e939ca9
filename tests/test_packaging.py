"""The wheel, the sdist and the editable install: each brings all it needs, and starts from anywhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path
from types import ModuleType

import pytest

from tests.cli.terminal import Terminal
from tui import __version__
from tui.commands.topics import TOPICS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()

pytestmark = [pytest.mark.xdist_group("packaging"), pytest.mark.wide]


def hatch_build() -> ModuleType:
    """The build hook, which is no module of the package."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*argv: str | Path, cwd: Path | str = "/") -> str:
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False, cwd=cwd, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


PUBLISHED = "https://forge.example/someone/podtop"
"""Where the build under test comes from."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and the wheel made from that sdist."""
    out = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PODTOP_REPOSITORY", f"{PUBLISHED}.git")
        run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", out, cwd=ROOT)
    (sdist,) = out.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(out / "unpacked", filter="data")
    (unpacked,) = (out / "unpacked").iterdir()
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", out, cwd=unpacked)
    return out


def fresh(folder: Path, *install: str | Path) -> Path:
    """A new virtual environment with podtop installed from files alone; its dependencies are those of this one."""
    venv.create(folder, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    here = "\n".join(path for path in sys.path if path.endswith("site-packages"))
    (folder / "lib" / version / "site-packages" / "these.pth").write_text(here + "\n")
    python = folder / "bin" / "python"
    alone = ("--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "--no-compile")
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", *alone, *install)
    return folder / "bin" / "podtop"


def starts(command: Path) -> None:
    """It shows its versions, and the demo in a terminal, from the root directory."""
    assert run(command, "--version").startswith(f"podtop {__version__} (APIs graphql, rest, ")
    terminal = Terminal([str(command), "--demo"], cwd="/")
    terminal.wait_for("llama-70b-pretrain")
    assert terminal.quit() == 0


@pytest.mark.wide
def test_the_wheel_holds_all_it_needs_and_no_tests(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("tui/styles/app.tcss", "tui/api/graphql/schema.graphql", "tui/api/graphql/documents/fleet.graphql",
                   "tui/demo/catalogue.csv", "tui/config/config.schema.json",
                   *(f"tui/commands/topics/{topic}.md" for topic in TOPICS)):  # fmt: skip
        assert needed in names
    (page,) = (name for name in names if name.endswith("share/man/man1/podtop.1"))
    assert b".TH PODTOP 1" in zipfile.ZipFile(wheel).read(page)
    assert not [name for name in names if name.startswith(("tests", "styles"))]


def test_the_metadata_say_what_it_is_and_where_it_runs(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    (name,) = (name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".dist-info/METADATA"))
    metadata = message_from_bytes(zipfile.ZipFile(wheel).read(name))
    description = metadata.get_payload(decode=True)
    assert (metadata["Name"], metadata["Version"]) == ("podtop", __version__)
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Summary"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert isinstance(description, bytes)
    assert description.decode() == hatch_build().absolute(README, PUBLISHED, f"v{__version__}")
    assert f"]({PUBLISHED}/raw/v{__version__}/screenshots/tour.svg)" in description.decode()
    assert not re.findall(r"\]\((?!https?:|#)[^)]*\)", description.decode())
    assert metadata.get_all("Project-URL") == [
        f"Source, {PUBLISHED}",
        f"Issues, {PUBLISHED}/issues",
        f"Changelog, {PUBLISHED}/blob/HEAD/CHANGELOG.md",
    ]
    assert set(metadata.get_all("Provides-Extra")) == {"simulate", "socks", "patterns", "test"}
    pythons = [
        tuple(map(int, found[1].split(".")))
        for entry in metadata.get_all("Classifier")
        if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", entry))
    ]
    assert metadata["Requires-Python"] == ">=" + ".".join(map(str, min(pythons)))
    assert sys.version_info[:2] in pythons


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/someone/podtop.git", "https://github.com/someone/podtop"),
        ("https://user:token@github.com/someone/podtop", "https://github.com/someone/podtop"),
        ("git@github.com:someone/podtop.git", "https://github.com/someone/podtop"),
        ("ssh://git@forge.example:2222/team/sub/podtop.git", "https://forge.example/team/sub/podtop"),
        ("/srv/git/podtop.git", ""),
        ("file:///srv/git/podtop.git", ""),
        ("../podtop", ""),
        ("https://github.com", ""),
        ("", ""),
    ],
)
def test_a_remote_is_a_page_without_credentials_or_nothing(remote: str, address: str) -> None:
    assert hatch_build().web_address(remote) == address


def test_where_the_address_comes_from(tmp_path: Path) -> None:
    found = hatch_build().repository
    workflow = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "someone/podtop"}
    assert found(tmp_path, {}) == ""
    assert found(tmp_path, workflow) == "https://github.com/someone/podtop"
    assert found(tmp_path, {**workflow, "PODTOP_REPOSITORY": PUBLISHED}) == PUBLISHED
    run("git", "init", "-q", tmp_path)
    run("git", "-C", tmp_path, "remote", "add", "origin", "git@github.com:someone/else.git")
    assert found(tmp_path, {}) == "https://github.com/someone/else"
    (tmp_path / "PKG-INFO").write_text(f"Project-URL: Issues, x\nProject-URL: Source, {PUBLISHED}\n\nbody\n")
    assert found(tmp_path, {}) == PUBLISHED


def test_links_into_the_repository_become_absolute() -> None:
    text = "![a](screenshots/a.svg) [b](https://x.example) [c](CHANGELOG.md) [d](#d)"
    made = hatch_build().absolute(text, "https://gitlab.com/a/b", "v1")
    assert made == (
        "![a](https://gitlab.com/a/b/-/raw/v1/screenshots/a.svg) [b](https://x.example) "
        "[c](https://gitlab.com/a/b/-/blob/v1/CHANGELOG.md) [d](#d)"
    )


@pytest.mark.wide
def test_the_wheel_starts_in_a_fresh_environment(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    command = fresh(tmp_path / "env", wheel)
    starts(command)
    shown = run(tmp_path / "env" / "bin" / "python", "-c", "import tui; print(tui.__file__)").strip()
    assert Path(shown).is_relative_to(tmp_path)
    assert (tmp_path / "env" / "share" / "man" / "man1" / "podtop.1").is_file()


@pytest.mark.wide  # the tests themselves run on one
def test_an_editable_install_starts(tmp_path: Path) -> None:
    starts(fresh(tmp_path / "env", "-e", ROOT))


def test_the_sdist_can_be_built_and_tested_from(built: Path, tmp_path: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    run("tar", "-xzf", sdist, "-C", tmp_path)
    (folder,) = tmp_path.iterdir()
    for needed in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "styles/app.tcss",
                   "tests/conftest.py"):  # fmt: skip
        assert (folder / needed).is_file()
    assert os.access(folder, os.R_OK)
