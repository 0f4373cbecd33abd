-- SPDX-License-Identifier: BSD-2-Clause
-- require() finds modules in the root file system.
local shapes = require("lib.shapes")
print("area", shapes.rectangle(3, 4):area(), string.format("%.4f", shapes.circle(1):area()))
print("loaded once", require("lib.shapes") == shapes)
print("missing", (pcall(require, "lib.nothing")))
