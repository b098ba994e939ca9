"""One podtop for many readers: what a recorder serves of its fleet, and the cloud that reads it in place of RunPod."""
