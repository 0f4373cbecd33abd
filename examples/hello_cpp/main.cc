/* SPDX-License-Identifier: BSD-2-Clause */
/* C++ here: objects that live before and after main, new, virtual calls, templates. */
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <pthread.h>
#include <vector>

#include "shapes.hh"

namespace
{

class Announcer
{
	const char *name;

      public:
	explicit Announcer(const char *n) : name(n)
	{
		std::printf("%s is there\n", name);
	}
	~Announcer()
	{
		std::printf("%s is gone\n", name);
	}
	Announcer(const Announcer &) = delete;
	Announcer &operator=(const Announcer &) = delete;
};

Announcer global("a global object");

std::atomic<int> made;

struct Slow {
	Slow()
	{
		made++;
		for (int i = 0; i < 100; i++)
			sched_yield();
	}
	int value = 42;
};

/* However many threads come here at once, it is made once, and all wait until it is. */
Slow &only_one()
{
	static Slow one;
	return one;
}

void *visit(void *arg)
{
	return only_one().value == 42 ? arg : nullptr;
}

void visit_together()
{
	const int count = 8;
	pthread_t threads[count];
	int good = 0;

	for (auto &thread : threads)
		pthread_create(&thread, nullptr, visit, &made);
	for (auto &thread : threads) {
		void *result;

		pthread_join(thread, &result);
		good += result != nullptr;
	}
	std::printf("%d threads saw the static object, made %d times\n", good, made.load());
}

void shapes()
{
	std::vector<std::unique_ptr<Shape>> all;

	all.push_back(std::make_unique<Square>(3));
	all.push_back(std::make_unique<Circle>(1));
	all.push_back(std::make_unique<Square>(1.5));
	std::sort(all.begin(), all.end(),
		  [](const auto &a, const auto &b) { return a->area() < b->area(); });
	for (const auto &shape : all)
		std::printf("%s of %.2f\n", shape->name(), shape->area());
}

void blocks()
{
	struct alignas(256) Wide {
		char bytes[300];
	};
	auto *wide = new Wide;
	auto *none = new (std::nothrow) char[std::size_t(1) << 46];

	std::printf("aligned: %s, too much: %s\n",
		    reinterpret_cast<std::uintptr_t>(wide) % 256 ? "NO" : "yes",
		    none ? "GOT IT" : "null");
	delete wide;
	delete[] none;
}

} // namespace

int main(int argc, char **argv)
{
	Announcer local("a local object");
	std::vector<int> numbers{1, 2, 3};

	std::printf("Hello from C++\n");
	shapes();
	visit_together();
	blocks();
	if (argc > 1 && !std::strcmp(argv[1], "range"))
		return numbers.at(7);
	return 0;
}
