"""`podtop doctor`: checks of what podtop needs, each a finding with a verdict and what to do.

Each finding comes from the functions that podtop itself decides by, and nothing is changed: RunPod gets reads only.
"""
