"""Named peers, each behind the same few calls."""
