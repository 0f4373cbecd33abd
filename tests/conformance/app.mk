# SPDX-License-Identifier: BSD-2-Clause
# The tests are compiled by run.py into an archive, which is why this is built by it alone.
LIBS = $(O)/conformance/$(ARCH)-$(CONFORMANCE)/tests.a
FS = y
