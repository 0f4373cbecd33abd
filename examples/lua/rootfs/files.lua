-- SPDX-License-Identifier: BSD-2-Clause
-- Write, append, read in every way, seek, rename, remove.
local name = "notes.txt"

local file = assert(io.open(name, "w"))
for i = 1, 1000 do
	file:write("line ", i, "\n")
end
print("written", file:seek("cur"))
file:close()

file = assert(io.open(name, "a"))
file:write("the end\n")
file:close()

local lines, bytes, last = 0, 0, nil
for line in io.lines(name) do
	lines = lines + 1
	bytes = bytes + #line + 1
	last = line
end
print("read", lines, bytes, last)

file = assert(io.open(name, "r+"))
print("size", file:seek("end"))
file:seek("set", 5)
print("number at 5", file:read("n"))
file:seek("set", 0)
file:write("LINE")
file:seek("set", 0)
print("first line", file:read("l"))
file:close()

assert(os.rename(name, "kept.txt"))
print("old name", io.open(name))
file = assert(io.open("kept.txt"))
print("whole", #file:read("a"))
file:close()
assert(os.remove("kept.txt"))
print("removed", os.remove("kept.txt"))
print("a folder", io.open("no/such/folder/file", "w"))

local big = string.rep("0123456789abcdef", 65536)
file = assert(io.open("big.bin", "wb"))
file:setvbuf("full", 4096)
file:write(big)
file:close()
file = assert(io.open("big.bin", "rb"))
print("a mebibyte comes back", file:read("a") == big)
file:close()
os.remove("big.bin")
