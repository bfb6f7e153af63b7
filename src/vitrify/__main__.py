"""python -m vitrify: the command line where its script is not on the path."""

from vitrify.cli.main import cli

if __name__ == "__main__":
    cli(prog_name="vitrify")
