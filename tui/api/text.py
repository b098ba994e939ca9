"""Text from outside made safe, for whatever reads some that did not come over the API: a recording has it too."""

from tui.api.graphql.text import clean, clean_json

__all__ = ["clean", "clean_json"]
