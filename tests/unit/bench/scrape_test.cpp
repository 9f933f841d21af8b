#include "host/bench/scrape.hpp"

#include <gtest/gtest.h>

namespace tellina::bench {
namespace {

constexpr std::string_view counter = "tellina_worker_overtakings_total";

TEST(Scrape, SumsACounterOverAllWorkers) {
  EXPECT_EQ(sum_of(counter,
                   "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
                   "# TYPE tellina_worker_overtakings counter\n"
                   "# HELP tellina_worker_overtakings Messages that overtook.\n"
                   "tellina_worker_overtakings_total{worker=\"worker.a-0\"} 3\n"
                   "tellina_worker_overtakings_total{worker=\"worker.b-0\"} 40\n"
                   "tellina_worker_overtakings_total_of_others{worker=\"worker.b-0\"} 500\n"
                   "tellina_worker_messages_total{worker=\"worker.a-0\"} 6000\n"
                   "# EOF\n"),
            43U);
}

TEST(Scrape, ReadsASampleWithoutLabelsAndWithoutAnEndOfLine) {
  EXPECT_EQ(sum_of(counter, "tellina_worker_overtakings_total 0"), 0U);
}

TEST(Scrape, ReturnsNothingWithoutSamples) {
  EXPECT_EQ(sum_of(counter, ""), std::nullopt);
  EXPECT_EQ(sum_of(counter, "# TYPE tellina_worker_overtakings counter\n# EOF\n"), std::nullopt);
}

TEST(Scrape, DoesNotConfuseCounters) {
  for (const std::string number : {"", "-1", "1.5", "many", "1x"}) {
    EXPECT_EQ(sum_of(counter, std::string(counter) + " " + number + "\n"), std::nullopt) << number;
  }
}

}  // namespace
}  // namespace tellina::bench
