# SPDX-License-Identifier: BSD-2-Clause
"""The parts of tools/run.py: command line, machine, console, symbols, device tree, KVM probe."""


class RunError(Exception):
    """One clear sentence for the user and the status to end with."""

    def __init__(self, text, status=2):
        super().__init__(text)
        self.status = status
