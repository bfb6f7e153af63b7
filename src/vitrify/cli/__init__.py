"""The command line, one file per command. Each parses its arguments, calls one library function and prints."""
