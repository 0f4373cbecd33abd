-- SPDX-License-Identifier: BSD-2-Clause
-- Integers, floats, the C library's mathematics, one small piece of work.
print("integers", 7 // 2, -7 // 2, 7 % -3, 1 << 62, math.maxinteger + 1 == math.mininteger)
print("floats", 7 / 2, 2 ^ 0.5, 1e308 * 10, -1 / 0, 0.1 + 0.2)
print("math", math.floor(-3.5), math.ceil(3.2), math.fmod(7, 3), math.type(1), math.type(1.0))
print("sin", string.format("%.12f %.12f %.12f", math.sin(1), math.exp(1), math.log(10)))
print("tonumber", tonumber("0x1p4"), tonumber("  12  "), tonumber("z", 36), tonumber("nope"))

local limit, count = 100000, 0
local composite = {}
for i = 2, limit do
	if not composite[i] then
		count = count + 1
		for j = i * i, limit, i do
			composite[j] = true
		end
	end
end
print("primes below " .. limit, count)

local function ack(m, n)
	if m == 0 then return n + 1 end
	if n == 0 then return ack(m - 1, 1) end
	return ack(m - 1, ack(m, n - 1))
end
print("ackermann", ack(2, 9))
