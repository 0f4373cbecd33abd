/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SHAPES_H
#define SHAPES_H

class Shape
{
      public:
	virtual ~Shape() = default;
	virtual const char *name() const = 0;
	virtual double area() const = 0;
};

class Circle final : public Shape
{
	double radius;

      public:
	explicit Circle(double r) : radius(r)
	{
	}
	const char *name() const override;
	double area() const override;
};

class Square final : public Shape
{
	double side;

      public:
	explicit Square(double s) : side(s)
	{
	}
	const char *name() const override;
	double area() const override;
};

#endif
