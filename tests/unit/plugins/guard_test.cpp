#include "host/plugins/guard.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tellina {
namespace {

template <typename Call>
std::string thrown_message(Call call) {
  try {
    guard_plugin_call("sandbox \"x\"", call);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::internal);
    return error.what();
  }
  return "nothing";
}

TEST(GuardTest, PassesValuesAndReferencesThrough) {
  int value = 3;
  int& same = guard_plugin_call("x", [&]() -> int& { return value; });
  EXPECT_EQ(&same, &value);
  guard_plugin_call("x", [&] { value = 4; });
  EXPECT_EQ(value, 4);
}

TEST(GuardTest, NamesThePluginOfAForeignException) {
  EXPECT_EQ(thrown_message([] { throw 17; }), "sandbox \"x\": threw int");
  EXPECT_EQ(thrown_message([] { throw std::out_of_range("too far"); }),
            "sandbox \"x\": threw std::out_of_range: too far");
}

TEST(GuardTest, DoesNotChangeErrors) {
  try {
    guard_plugin_call("x", [] { throw Error(ErrorCode::gone, "the shell has ended", "start another"); });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::gone);
    EXPECT_STREQ(error.what(), "the shell has ended");
    EXPECT_EQ(error.hint(), "start another");
  }
}

}  // namespace
}  // namespace tellina
