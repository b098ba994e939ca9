"""Rules of money, health, deploys, leases and watches: pure functions of values."""
