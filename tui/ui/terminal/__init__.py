"""What reaches the terminal: changed cells only, paced, in colours it has."""
