-- SPDX-License-Identifier: BSD-2-Clause
-- Patterns, formats, packing, UTF-8, sorting.
local text = "the quick brown fox jumps over the lazy dog"
local counts, words = {}, {}
for letter in text:gmatch("%a") do
	counts[letter] = (counts[letter] or 0) + 1
end
for word in text:gmatch("%a+") do
	words[#words + 1] = word
end
table.sort(words)
print("words", table.concat(words, " "))
print("letter o", counts.o)
print("gsub", (text:gsub("(%a+) (%a+)", "%2 %1", 2)))
print("find", text:find("fox", 1, true))
print("format", string.format("%5.2f|%-6s|%+d|%x|%q", 3.14159, "ab", 42, 255, "a\nb"))
print("pack", #string.pack("<i4z", 7, "seven"), string.unpack("<i4z", string.pack("<i4z", 7, "seven")))
print("utf8", utf8.len("Grüße, 世界"), utf8.char(0x4e16, 0x754c))
print("reverse", ("stressed"):reverse(), ("x"):rep(5, "-"))
