#include "host/runtime/descriptors.hpp"

#include <gmock/gmock.h>

#include "support/no_descriptors.hpp"

namespace tellina {
namespace {

TEST(DescriptorsTest, AreRequiredAndReleased) {
  for (int round = 0; round < 3; ++round) EXPECT_NO_THROW(require_free_descriptors(40));
  const testing::NoDescriptors none;
  EXPECT_NO_THROW(require_free_descriptors(0));
  try {
    require_free_descriptors(40);
    FAIL() << "there are none";
  } catch (const DescriptorShortage& error) {
    EXPECT_STREQ(error.what(), "this process needs 40 free descriptors to start, and 0 are free: Too many open files");
    EXPECT_THAT(error.hint(), ::testing::HasSubstr("LimitNOFILE="));
  }
}

}  // namespace
}  // namespace tellina
