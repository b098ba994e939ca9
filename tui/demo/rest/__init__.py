"""The same simulated world through RunPod's REST v2: routes, checks of bodies, responses and log streams."""
