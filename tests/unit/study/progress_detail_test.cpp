#include "host/study/progress_detail.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

namespace tellina::testing {
namespace {

TEST(ProgressDetailTest, WritesJson) {
  const std::string json =
      detail_json("path", {DetailEntry("a\"\n\xff", "extra"), DetailEntry("b", "incorrect", {"mode"})});
  const boost::json::array array = boost::json::parse(json).as_array();
  ASSERT_EQ(array.size(), 2u);
  EXPECT_EQ(array[0].at("path").as_string(), "a\"\n\xef\xbf\xbd");
  EXPECT_EQ(array[0].at("status").as_string(), "extra");
  EXPECT_FALSE(array[0].as_object().contains("differs"));
  EXPECT_EQ(array[1].at("differs"), boost::json::value({"mode"}));
}

TEST(ProgressDetailTest, StaysWithinItsLimits) {
  const std::vector<DetailEntry> many(500, DetailEntry("x", "extra"));
  EXPECT_EQ(boost::json::parse(detail_json("line", many)).as_array().size(), 200u);
  const std::vector<DetailEntry> long_ones(200, DetailEntry(Bytes(1000, '\x01'), "extra"));
  const std::string json = detail_json("line", long_ones);
  EXPECT_LE(json.size(), 32u * 1024);
  EXPECT_GT(boost::json::parse(json).as_array().size(), 3u);
}

}  // namespace
}  // namespace tellina::testing
