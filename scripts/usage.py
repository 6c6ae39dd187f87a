"""The first import of every script: --help prints the docstring of the script, before libraries are imported that may be
missing. Other arguments are argparse's."""

import sys

import __main__

if {"-h", "--help"} & set(sys.argv[1:]):
    print((__main__.__doc__ or "").strip())
    sys.exit()
