#include "host/text/json.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace tellina {
namespace {

TEST(JsonString, EscapesAsTheStandardRequires) {
  EXPECT_EQ(json_string("a \"b\" \\ /"), R"("a \"b\" \\ /")");
  EXPECT_EQ(json_string(std::string_view("\0\b\f\n\r\t\x1f\x7f", 8)), R"("\u0000\b\f\n\r\t\u001f\u007f")");
  EXPECT_EQ(json_string("caf\xc3\xa9"), "\"caf\xc3\xa9\"");
  EXPECT_EQ(json_string("a\xff"
                        "b"),
            "\"a\xef\xbf\xbd"
            "b\"");
}

TEST(JsonString, IsReadBackByAParser) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  EXPECT_EQ(boost::json::parse(json_string(all)).as_string(), all);
}

TEST(JsonObjectTest, WritesItsMembersInOrder) {
  EXPECT_EQ(JsonObject().text(), "{}");
  EXPECT_EQ(JsonObject()
                .add("text", "a\"")
                .add("number", std::int64_t{-5})
                .add("large", std::uint64_t{18446744073709551615U})
                .add("yes", true)
                .add_json("list", "[1]")
                .text(),
            R"({"text":"a\"","number":-5,"large":18446744073709551615,"yes":true,"list":[1]})");
}

}  // namespace
}  // namespace tellina
