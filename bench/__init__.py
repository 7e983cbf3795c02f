"""The figures that the README claims, each measured in one run: `make bench`."""
