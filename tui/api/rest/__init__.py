"""Place of RunPod's REST API (v2) as a second `Cloud`; not implemented yet."""
