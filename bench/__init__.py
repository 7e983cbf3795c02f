"""`make bench`: each claim of the README as a figure of one run, against its own control (see bench/README.md)."""

import warnings

# platformdirs, below the embedded PostgreSQL, tells every process of a machine without a login session.
warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
