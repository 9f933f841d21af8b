#include "tellina/abi_tag.hpp"

#include <gmock/gmock.h>

#include <sstream>
#include <string>

#include "host/runtime/files.hpp"
#include "host/text/sha256.hpp"
#include "support/places.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/ordering_policy.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(AbiTagTest, NamesWhatDecidesAndNoCompiler) {
  const std::string tag = TELLINA_SDK_ABI_TAG;
  EXPECT_THAT(tag, MatchesRegex("tellina-[0-9]+\\.[0-9]+/lib(stdc\\+\\+6-cxx11|c\\+\\+[0-9]+)/no-debug/rtti/exceptions/"
                                "(no-sanitizer|[at]san)"));
#if defined(__SANITIZE_ADDRESS__)
  EXPECT_THAT(tag, HasSubstr("/asan"));
#elif defined(__SANITIZE_THREAD__)
  EXPECT_THAT(tag, HasSubstr("/tsan"));
#endif
}

TEST(AbiTagTest, EachKindHasATagWithItsLayouts) {
  const std::string start = TELLINA_SDK_ABI_TAG;
  EXPECT_THAT(abi_tag<PluginKind::sandbox>.data(), MatchesRegex(".*/sandbox-[0-9a-f]{16}"));
  EXPECT_THAT(abi_tag<PluginKind::channel_layer>.data(), MatchesRegex(".*/channel_layer-[0-9a-f]{16}"));
  EXPECT_THAT(abi_tag<PluginKind::ordering_policy>.data(), MatchesRegex(".*/ordering_policy-[0-9a-f]{16}"));
  EXPECT_TRUE(std::string(abi_tag<PluginKind::sandbox>.data()).starts_with(start + "/"));
}

TEST(AbiTagTest, ALayoutHashDependsOnEverySizeAndOffset) {
  struct Small {
    std::uint32_t one, two;
  };
  struct Large {
    std::uint32_t one, two, three;
  };
  const std::uint64_t small = LayoutHash().type<Small>({0, 4}).value;
  EXPECT_NE(LayoutHash().type<Large>({0, 4}).value, small);
  EXPECT_NE(LayoutHash().type<Small>({4, 0}).value, small);
  EXPECT_NE(LayoutHash().type<Small>().value, small);
  EXPECT_NE(LayoutHash().last(FileKind::other).value, LayoutHash().last(FileKind::symlink).value);
  EXPECT_EQ(LayoutHash().number(1).value, 0x89cd31291d2aefa4U) << "not FNV-1a of 01 00 00 00 00 00 00 00";
}

/// Sizes do not show the virtual functions, so this text does.
TEST(AbiTagTest, TheRevisionIsRaisedWithTheVirtualFunctions) {
  std::string functions;
  for (const char* header : {"channel_layer", "clock", "log", "ordering_policy", "plugin", "sandbox"}) {
    std::istringstream text(read_text(source_folder() + "/sdk/include/tellina/" + header + ".hpp"));
    for (std::string line; std::getline(text, line);) {
      if (line.find("  virtual ") == 0) functions += line.substr(0, line.find(" {")) + "\n";
    }
  }
  EXPECT_EQ(TELLINA_SDK_REVISION, 4);
  EXPECT_EQ(sha256(functions).substr(0, 16), "2c51a3d7859e7d9f")
      << "raise TELLINA_SDK_REVISION, then put its value and this one here; the functions are\n"
      << functions;
}

TEST(AbiTagTest, KindsHaveNames) {
  EXPECT_STREQ(to_string(PluginKind::channel_layer), "channel layer");
  EXPECT_STREQ(to_string(PluginKind::ordering_policy), "ordering policy");
  EXPECT_STREQ(to_string(PluginKind::sandbox), "sandbox");
  EXPECT_STREQ(to_string(static_cast<PluginKind>(9)), "unknown kind");
}

}  // namespace
}  // namespace tellina
