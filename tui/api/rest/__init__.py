"""RunPod's REST API, version 2, behind the `Cloud` protocol."""
