-- SPDX-License-Identifier: BSD-2-Clause
-- Runs every script beside it, or the first arguments' choice: main.lua [files strings ...]
-- A last argument that is a number is the status to end with.
local names = { "files", "strings", "numbers", "coroutines", "modules", "system" }
local status = true
local chosen = {}
for _, word in ipairs(arg) do
	if tonumber(word) then
		status = math.tointeger(tonumber(word))
	else
		chosen[#chosen + 1] = word
	end
end
print(_VERSION)
for _, name in ipairs(#chosen > 0 and chosen or names) do
	print("-- " .. name)
	dofile(name .. ".lua")
end
os.exit(status)
