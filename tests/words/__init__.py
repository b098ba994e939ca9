"""What podtop's words must not be: a list of retired ones, and tests that hold texts against it."""
