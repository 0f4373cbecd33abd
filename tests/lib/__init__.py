# SPDX-License-Identifier: BSD-2-Clause
"""Helpers of the test rings: builds, boots, consoles, the context given to a scenario, reports."""
