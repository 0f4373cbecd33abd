-- SPDX-License-Identifier: BSD-2-Clause
-- Time, environment, arguments.
print("clock", os.clock() >= 0, os.time() > 0)
print("date", os.date("!%Y-%m-%d %H:%M:%S", 86400 * 365))
print("mktime", os.time({ year = 2000, month = 1, day = 1, hour = 12 }) > 0)
print("environment", os.getenv("NO_SUCH_VARIABLE"))
print("script", arg[0])
