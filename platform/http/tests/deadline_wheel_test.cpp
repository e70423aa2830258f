#include "platform/http/deadline_wheel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace cumulo::http {
namespace {

using std::chrono::milliseconds;

struct probe final : timed {
  int fired{0};
  void on_deadline() override { ++fired; }
};

TEST(deadline_wheel, fires_once_and_never_early) {
  deadline_wheel wheel{milliseconds{10}};
  probe p;
  wheel.add(p);
  wheel.set(p, milliseconds{25});
  for (int i = 0; i < 3; ++i) wheel.advance();
  EXPECT_EQ(p.fired, 0);  // 30 ms by ticks may be 20 ms and a bit by the clock
  wheel.advance();
  EXPECT_EQ(p.fired, 1);
  for (int i = 0; i < 500; ++i) wheel.advance();
  EXPECT_EQ(p.fired, 1);
  wheel.remove(p);
}

TEST(deadline_wheel, agrees_with_a_list_of_deadlines) {
  std::mt19937 random{7};
  deadline_wheel wheel{milliseconds{10}};
  std::vector<std::unique_ptr<probe>> probes;
  std::map<probe*, std::pair<long, int>> expected;  // tick at which it is due (-1: none), how often it has fired
  long now = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto what = random() % 10;
    auto* any = probes.empty() ? nullptr : probes[random() % probes.size()].get();
    if (what == 0 || any == nullptr) {
      probes.push_back(std::make_unique<probe>());
      wheel.add(*probes.back());
      expected[probes.back().get()] = {-1, 0};
    } else if (what == 1) {
      wheel.remove(*any);
      expected.erase(any);
      std::erase_if(probes, [&](const auto& one) { return one.get() == any; });
    } else if (what < 5) {
      const auto ticks = static_cast<long>(random() % 400);
      wheel.set(*any, milliseconds{ticks * 10});
      expected[any].first = now + ticks + 1;
    } else if (what == 5) {
      wheel.clear(*any);
      expected[any].first = -1;
    } else {
      wheel.advance();
      ++now;
      for (auto& [one, want] : expected) {
        if (want.first == now) {
          ++want.second;
          want.first = -1;
        }
        ASSERT_EQ(one->fired, want.second) << "at tick " << now;
      }
    }
  }
  std::size_t seen = 0;
  wheel.for_each([&](timed&) { ++seen; });
  EXPECT_EQ(seen, probes.size());
}

}  // namespace
}  // namespace cumulo::http
