"""RunPod as podtop knows it: domain types and a `Cloud`; HTTP stays in here, screens stay out."""

import sys

# httpx imports its own command line, with click and the syntax highlighting of rich and pygments, wherever these are
# installed: 3 MB and 20 ms for what nothing here uses. Its documented way without them is that the import fails.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
