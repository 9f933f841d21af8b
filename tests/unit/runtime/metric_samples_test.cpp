#include "host/runtime/metric_samples.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "host/runtime/system.hpp"

namespace tellina {
namespace {

using namespace std::chrono_literals;

const MetricSample* find(const MetricSamples& samples, const std::string& family, const std::string& suffix,
                         const std::string& labels) {
  const auto found = std::find_if(samples.all().begin(), samples.all().end(), [&](const MetricSample& sample) {
    return sample.family == family && sample.suffix == suffix && sample.labels == labels;
  });
  return found == samples.all().end() ? nullptr : &*found;
}

TEST(HistogramTest, BoundsAreInclusiveAndTheLastBucketHasNone) {
  Histogram times;
  for (const auto time : {0ns, 100'000ns, 100'001ns}) times.observe(time);
  times.observe(10s);
  times.observe(10s + 1ns);
  EXPECT_EQ(times.count(0), 2);
  EXPECT_EQ(times.count(1), 1);
  EXPECT_EQ(times.count(Histogram::bounds.size() - 1), 1);
  EXPECT_EQ(times.count(Histogram::bounds.size()), 1);
  EXPECT_EQ(times.sum(), 200'001ns + 20s + 1ns);
}

TEST(MetricSamplesTest, AHistogramIsCumulativeBucketsSumAndCount) {
  Histogram times;
  times.observe(200us);
  times.observe(1ms);
  times.observe(1min);
  MetricSamples samples;
  samples.add("h", {{"worker", "1"}}, times);
  ASSERT_EQ(samples.all().size(), Histogram::bounds.size() + 3);
  EXPECT_EQ(find(samples, "h", "_bucket", R"({le="0.0001",worker="1"})")->value, 0);
  EXPECT_EQ(find(samples, "h", "_bucket", R"({le="0.001",worker="1"})")->value, 2);
  EXPECT_EQ(find(samples, "h", "_bucket", R"({le="10",worker="1"})")->value, 2);
  EXPECT_EQ(find(samples, "h", "_bucket", R"({le="+Inf",worker="1"})")->value, 3);
  EXPECT_EQ(find(samples, "h", "_count", R"({worker="1"})")->value, 3);
  EXPECT_NEAR(find(samples, "h", "_sum", R"({worker="1"})")->value, 60.0012, 1e-9);
}

TEST(MetricSamplesTest, AProcessReportsItself) {
  const SystemClock clock;
  MetricSamples samples;
  samples.add_process("server", clock);
  const std::string labels = R"({process="server"})";
  const double now = std::chrono::duration<double>(clock.wall_time().time_since_epoch()).count();
  const MetricSample* start = find(samples, "process_start_time_seconds", "", labels);
  ASSERT_TRUE(start);
  EXPECT_LE(start->value, now + 1);
  EXPECT_GT(start->value, now - 3600);
  EXPECT_GT(find(samples, "process_resident_memory_bytes", "", labels)->value, 1e6);
  EXPECT_GT(find(samples, "process_virtual_memory_bytes", "", labels)->value,
            find(samples, "process_resident_memory_bytes", "", labels)->value);
  EXPECT_GE(find(samples, "process_open_fds", "", labels)->value, 3);
  EXPECT_GE(find(samples, "process_max_fds", "", labels)->value, 64);
  ASSERT_TRUE(find(samples, "process_cpu_seconds", "_total", labels));
}

TEST(MetricSamplesTest, NumbersAreShort) {
  EXPECT_EQ(metric_number(3), "3");
  EXPECT_EQ(metric_number(0.0001), "0.0001");
  EXPECT_EQ(metric_number(1e15), "1000000000000000");
  EXPECT_EQ(metric_number(1795999200.5), "1795999200.5");
}

}  // namespace
}  // namespace tellina
