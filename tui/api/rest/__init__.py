"""RunPod's REST API (v2) as a second `Cloud`: its place; nothing speaks it yet."""
