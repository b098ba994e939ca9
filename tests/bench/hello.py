"""The smallest Textual program: what podtop's start and size are compared with."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Hello(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("hello, world. " * 20)

    def key_q(self) -> None:
        self.exit()


if __name__ == "__main__":
    Hello().run()
