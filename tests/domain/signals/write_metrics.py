"""Writes files of metrics with the libraries of others: run by a Python that has them, and by no part of podtop.

python write_metrics.py LIBRARY FOLDER
"""

import os
import sys
import tempfile


def trackio(folder: str) -> None:
    os.environ["TRACKIO_DIR"] = folder
    os.environ["HF_HUB_OFFLINE"] = "1"
    from trackio.sqlite_storage import SQLiteStorage

    rows = [{"train/loss": 3 - step / 50, "learning_rate": 1e-4, "sample": "text"} for step in range(50)]
    SQLiteStorage.bulk_log("project", "run", rows, steps=list(range(50)))


def wandb(folder: str) -> None:
    import wandb

    settings = wandb.Settings(console="off", silent=True, x_disable_stats=True)
    run = wandb.init(mode="offline", project="project", dir=folder, settings=settings)
    for step in range(50):
        run.log({"train/loss": 3 - step / 50 if step != 20 else float("nan"), "lr": 1e-4, "text": "x" * 3000})
    run.finish()


if __name__ == "__main__":
    os.environ["HOME"] = tempfile.mkdtemp()
    {"trackio": trackio, "wandb": wandb}[sys.argv[1]](sys.argv[2])
