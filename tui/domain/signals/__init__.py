"""What a training run writes about itself: lines of a log to values, and what is wrong with it. Pure."""
