"""What podtop knows of RunPod: domain types and a `Cloud`; HTTP stays in here, screens stay out."""
