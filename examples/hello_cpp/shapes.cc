/* SPDX-License-Identifier: BSD-2-Clause */
#include <cmath>

#include "shapes.hh"

const char *Circle::name() const
{
	return "circle";
}

double Circle::area() const
{
	return M_PI * std::pow(radius, 2);
}

const char *Square::name() const
{
	return "square";
}

double Square::area() const
{
	return side * side;
}
