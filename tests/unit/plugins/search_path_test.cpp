#include "host/plugins/search_path.hpp"
#include "support/places.hpp"

#include <gmock/gmock.h>

namespace tellina {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

TEST(SearchPathTest, OptionsComeFirstThenTheEnvironmentThenTheProgramsOwn) {
  const fs::path prefix = fs::path(plugin_folder()) / "../../..";
  const fs::path own = fs::path(plugin_folder()).lexically_normal();
  EXPECT_THAT(plugin_search_path({"/o1", "/o2"}, "/e1::/e2:", prefix / "bin"),
              ElementsAre("/o1", "/o2", "/e1", "/e2", own));
}

TEST(SearchPathTest, AProgramWithoutItsOwnFolderNeedsAnother) {
  EXPECT_THAT(plugin_search_path({"/o"}, "", "/nowhere/bin"), ElementsAre("/o"));
  EXPECT_THAT(plugin_search_path({}, "", "/nowhere/bin"), ElementsAre("/nowhere/lib/tellina/plugins"));
}

TEST(SearchPathTest, FindsTheRunningProgram) { EXPECT_TRUE(fs::exists(program_folder() / "test_plugins")); }

}  // namespace
}  // namespace tellina
