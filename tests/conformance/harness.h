/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before each test, whose main is renamed by the command line to the test's own name: a
 * test is a thread of the driver, and ends without ending the program.
 */
#pragma once

#define exit  conformance_exit
#define _exit conformance_exit
#define _Exit conformance_exit
#define abort conformance_abort
