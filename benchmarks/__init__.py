"""Measured, not asserted: `python -m benchmarks` runs the parts and the whole chain against named peers."""
