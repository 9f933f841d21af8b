#include "host/plugins/search_path.hpp"
#include "support/places.hpp"

#include <gmock/gmock.h>

namespace tellina {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

TEST(SearchPathTest, OptionsComeFirstThenTheEnvironmentThenTheConfigurationThenTheFixedOnes) {
  const fs::path own = fs::path(plugin_folder()).lexically_normal();
  EXPECT_THAT(plugin_search_path({"/o1", "/o2"}, "/e1::/e2:", {"/c1", "/c2"}, {"/nowhere", "/usr/lib", own}),
              ElementsAre("/o1", "/o2", "/e1", "/e2", "/c1", "/c2", "/usr/lib", own));
}

TEST(SearchPathTest, AProgramWithoutItsOwnFolderNeedsAnother) {
  EXPECT_THAT(plugin_search_path({"/o"}, "", {}, {"/nowhere/site", "/nowhere/own"}), ElementsAre("/o"));
  EXPECT_THAT(plugin_search_path({}, "", {}, {"/nowhere/site", "/nowhere/own"}), ElementsAre("/nowhere/own"));
}

TEST(SearchPathTest, FindsTheRunningProgram) { EXPECT_TRUE(fs::exists(program_folder() / "test_plugins")); }

}  // namespace
}  // namespace tellina
