#include "tellina/abi_tag.hpp"

#include <gmock/gmock.h>

#include <string>

#include "tellina/plugin.hpp"

namespace tellina {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(AbiTagTest, NamesSdkCompilerLibraryAndSanitizer) {
  const std::string tag = TELLINA_SDK_ABI_TAG;
  EXPECT_THAT(tag, MatchesRegex("tellina-[0-9]+\\.[0-9]+/gxxabi[0-9]+/lib(stdc\\+\\+-cxx11abi1|c\\+\\+)(\\+[at]san)?"));
#if defined(__SANITIZE_ADDRESS__)
  EXPECT_THAT(tag, HasSubstr("+asan"));
#elif defined(__SANITIZE_THREAD__)
  EXPECT_THAT(tag, HasSubstr("+tsan"));
#endif
}

TEST(AbiTagTest, KindsHaveNames) {
  EXPECT_STREQ(to_string(PluginKind::channel_layer), "channel layer");
  EXPECT_STREQ(to_string(PluginKind::ordering_policy), "ordering policy");
  EXPECT_STREQ(to_string(PluginKind::sandbox), "sandbox");
  EXPECT_STREQ(to_string(static_cast<PluginKind>(9)), "unknown kind");
}

}  // namespace
}  // namespace tellina
