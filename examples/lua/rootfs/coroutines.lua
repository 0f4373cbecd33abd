-- SPDX-License-Identifier: BSD-2-Clause
-- Coroutines, closures, errors, metatables, garbage.
local function producer(n)
	return coroutine.wrap(function()
		for i = 1, n do
			coroutine.yield(i * i)
		end
	end)
end
local sum = 0
for square in producer(100) do
	sum = sum + square
end
print("squares", sum)

local inner = coroutine.create(function() error("from a coroutine", 0) end)
print("error", coroutine.resume(inner))
print("dead", coroutine.status(inner))

print("pcall", pcall(error, { code = 3 }) == false, select("#", pcall(error)))
print("stack overflow", (pcall(function() local function f() return 1 + f() end return f() end)))

local vector = setmetatable({}, { __index = function(_, k) return k * 2 end, __call = function(_, x) return x + 1 end })
print("metatable", vector[21], vector(41))

do
	local closed <close> = setmetatable({}, { __close = function() print("closed") end })
	print("in scope")
end

local weak = setmetatable({}, { __mode = "v" })
for i = 1, 1000 do
	weak[i] = { string.rep("x", 1000) }
end
collectgarbage()
collectgarbage()
print("collected", next(weak) == nil)
