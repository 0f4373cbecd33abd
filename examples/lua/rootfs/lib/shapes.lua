-- SPDX-License-Identifier: BSD-2-Clause
local shapes = {}

local rectangle = {}
rectangle.__index = rectangle
function rectangle:area() return self.width * self.height end
function shapes.rectangle(width, height) return setmetatable({ width = width, height = height }, rectangle) end

local circle = {}
circle.__index = circle
function circle:area() return math.pi * self.radius ^ 2 end
function shapes.circle(radius) return setmetatable({ radius = radius }, circle) end

return shapes
