/// The users of an image, with another number for `me`.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "plugins/sandbox_docker/image_users.hpp"

namespace tellina::docker_sandbox {
namespace {

constexpr const char* users =
    "root:x:0:0:root:/root:/bin/bash\nme:x:1000:1000::/home/me:/bin/bash\nmel:x:1000:1000:,,,:/:/bin/sh\n";
constexpr const char* groups = "root:x:0:\nme:x:1000:\nfriends:x:1000:me\n";

/// A tar archive (ustar) with one member.
std::string tar(char kind, const std::string& content, std::size_t size) {
  std::string header(512, '\0');
  header.replace(0, 6, "passwd");
  header.replace(100, 7, "0000644");
  std::array<char, 12> digits{};
  std::snprintf(digits.data(), digits.size(), "%011zo", size);
  header.replace(124, 11, digits.data());
  header.replace(136, 11, "00000000000");
  header.replace(148, 8, 8, ' ');
  header[156] = kind;
  header.replace(257, 6, std::string("ustar\0", 6));
  header.replace(263, 2, "00");
  unsigned sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  std::snprintf(digits.data(), digits.size(), "%06o", sum);
  header.replace(148, 7, std::string(digits.data(), 7));
  std::string padded = content;
  padded.resize((content.size() + 511) / 512 * 512);
  return header + padded + std::string(1024, '\0');
}

TEST(DockerImageUsers, OnlyMeChanges) {
  const std::optional<ImageUsers> found = ImageUsers::of(users, groups);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->users_with(1'880'000'001),
            "root:x:0:0:root:/root:/bin/bash\nme:x:1880000001:1880000001::/home/me:/bin/bash\n"
            "mel:x:1000:1000:,,,:/:/bin/sh\n");
  EXPECT_EQ(found->groups_with(1'880'000'001), "root:x:0:\nme:x:1880000001:\nfriends:x:1000:me\n");
}

TEST(DockerImageUsers, StayIfMeIsAnotherOrMissing) {
  EXPECT_FALSE(ImageUsers::of("", groups));
  EXPECT_FALSE(ImageUsers::of(users, "root:x:0:\n"));
  EXPECT_FALSE(ImageUsers::of("me:x:1001:1000::/home/me:/bin/bash\n", groups));
  EXPECT_FALSE(ImageUsers::of("me:x:1000:100::/home/me:/bin/bash\n", groups));
  EXPECT_FALSE(ImageUsers::of(users, "me:x:100:\n"));
  EXPECT_FALSE(ImageUsers::of("me\n", groups));
  EXPECT_FALSE(ImageUsers::of("me:x\n", "me:\n"));
}

TEST(DockerImageUsers, AreReadFromAnArchiveOfOneFile) {
  EXPECT_EQ(only_file_in(tar('0', users, std::string(users).size())), users);
  EXPECT_EQ(only_file_in(tar('0', "", 0)), "");
}

TEST(DockerImageUsers, AnythingElseInTheArchiveIsNoFile) {
  EXPECT_FALSE(only_file_in(""));
  EXPECT_FALSE(only_file_in("no archive"));
  EXPECT_FALSE(only_file_in(tar('2', "", 0))) << "a link";
  EXPECT_FALSE(only_file_in(tar('5', "", 0))) << "a folder";
  EXPECT_FALSE(only_file_in(tar('0', "short", 5000))) << "cut off";
  EXPECT_FALSE(only_file_in(tar('0', "", std::size_t{1} << 30U))) << "larger than the limit";
}

}  // namespace
}  // namespace tellina::docker_sandbox
