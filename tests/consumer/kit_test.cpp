/// A new plugin and the conformance kit, both as they are installed.

#include "consumer_fixture.hpp"

namespace tellina::testing {
namespace {

class NewPluginInTheKit : public ConsumerTest {};

TEST_F(NewPluginInTheKit, PassesEveryCase) {
  make_new_plugin("acme_box", "sandbox");
  const CommandResult checked = run_well(program(), {"plugins", "check", "acme_box/build/sandbox_acme_box.so",
                                                     "--config", R"({"i_know_this_is_not_isolated": true})"});
  EXPECT_THAT(checked.output, ::testing::ContainsRegex("[1-9][0-9] passed"));
  EXPECT_THAT(checked.output, ::testing::Not(::testing::ContainsRegex("[0-9] failed")));
}

}  // namespace
}  // namespace tellina::testing
