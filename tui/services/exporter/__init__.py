"""What `podtop record --listen` serves to Prometheus and its kin: the fleet as of the last response, as text."""
