"""Long-running work that needs no screen: monitor, executor, runners, notifier."""
