#include "host/text/nearest.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

TEST(Nearest, FindsTheIntendedName) {
  const std::vector<std::string> names = {"server", "sandbox", "tasks", "workers"};
  EXPECT_EQ(nearest("sever", names), "server");
  EXPECT_EQ(nearest("SERVER", names), "server");
  EXPECT_EQ(nearest("sandobx", names), "sandbox");
  EXPECT_EQ(nearest("task", names), "tasks");
  EXPECT_EQ(nearest("colour", names), std::nullopt);
  EXPECT_EQ(nearest("", names), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'x'), names), std::nullopt);
}

TEST(Nearest, IsSuggested) {
  EXPECT_EQ(suggestion("sever", {"server"}), "; did you mean \"server\"?");
  EXPECT_EQ(suggestion("colour", {"server"}), "");
}

}  // namespace
}  // namespace tellina
