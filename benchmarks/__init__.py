"""Measured, not asserted: speeds of the parts and of the whole chain."""
