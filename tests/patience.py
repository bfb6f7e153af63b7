"""How long a test waits for what is sure to come. A limit that a busy machine reaches would fail what is right, and one that
is never reached costs nothing."""

PATIENCE = 300.0  # seconds
