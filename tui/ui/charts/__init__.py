"""Charts: their values and their drawing."""
