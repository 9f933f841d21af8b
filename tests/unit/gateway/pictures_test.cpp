#include "host/gateway/pictures.hpp"

#include <gtest/gtest.h>

#include "host/limits.hpp"

namespace tellina {
namespace {

std::string hash_of(int number) {
  std::string hash(limits::picture_hash, '0');
  hash.back() = static_cast<char>('0' + number);
  return hash;
}

std::string path_of(int number) { return "/study/" + hash_of(number) + "/a.png"; }

Picture picture(int number, std::size_t size = 1) {
  return {hash_of(number), "a.png", "image/png", std::make_shared<const std::string>(size, 'x')};
}

/// The numbers of the pictures from 1 to 9 that it has.
std::string found_in(const Pictures& pictures) {
  std::string found;
  for (int number = 1; number <= 9; ++number) {
    if (pictures.find(path_of(number))) found += std::to_string(number);
  }
  return found;
}

TEST(PicturesTest, HasTheCurrentOnesAndThoseOfBefore) {
  Pictures pictures({picture(1), picture(2)});
  pictures.use({picture(2), picture(3)});
  EXPECT_EQ(found_in(pictures), "123");
  pictures.use({});
  EXPECT_EQ(found_in(pictures), "123");
  EXPECT_EQ(pictures.find("/study/" + hash_of(1) + "/b.png"), nullptr);
}

TEST(PicturesTest, DropsTheOldestFirstAndNoCurrentOne) {
  constexpr std::size_t third = limits::kept_pictures / 3;
  Pictures pictures({picture(1, third), picture(2, third)});
  pictures.use({picture(1, third), picture(3, third)});
  EXPECT_EQ(found_in(pictures), "123");
  pictures.use({picture(4, third)});
  EXPECT_EQ(found_in(pictures), "134") << "2 was used least recently";
  pictures.use({picture(5, third), picture(6, third)});
  EXPECT_EQ(found_in(pictures), "456");
  const auto held = pictures.find(path_of(4));
  pictures.use({picture(7, third), picture(8, third), picture(9, third)});
  EXPECT_EQ(found_in(pictures), "789");
  EXPECT_EQ(held->content->size(), third) << "a response under way keeps its picture";
}

TEST(PicturesTest, KnowsItsAddresses) {
  EXPECT_TRUE(Pictures::is_address(path_of(1)));
  EXPECT_TRUE(Pictures::is_address("/study/" + hash_of(1) + "/a map.png"));
  for (const std::string& path : {std::string(), std::string("/"), std::string("/study/"), "/study/" + hash_of(1),
                                  "/study/" + hash_of(1) + "/", "study/" + hash_of(1) + "/a", "/study" + path_of(1),
                                  "/study/" + hash_of(1) + "0/a", "/study/" + hash_of(1).substr(1) + "/a",
                                  "/study/" + hash_of(1).substr(1) + "g/a", path_of(1) + "/", path_of(1) + "/b"}) {
    EXPECT_FALSE(Pictures::is_address(path)) << path;
  }
}

}  // namespace
}  // namespace tellina
