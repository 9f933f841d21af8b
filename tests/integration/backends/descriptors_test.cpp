/// How many descriptors of the server a participant at work takes, on each set-up. docs/operation.md has the numbers.

#include <filesystem>

#include "backends.hpp"
#include "host/limits.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

class DescriptorsOf {
 public:
  const char* name;
  const char* sandbox;
  bool as_user;
  std::size_t documented;  ///< of a session with a page: its sandbox, its terminal and its connection
};

class Descriptors : public ServerTest, public ::testing::WithParamInterface<DescriptorsOf> {
 protected:
  std::size_t open() {
    const std::string folder = "/proc/" + std::to_string(server().process()) + "/fd";
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }
};

TEST_P(Descriptors, OfASessionAreAsDocumented) {
  constexpr std::size_t sessions = 8;
  const Backends backends(Combination("memory", "strict", GetParam().sandbox), folder());
  StudyConfig config;
  config.more = backends.members();
  config.access_codes = {"first"};
  for (std::size_t i = 0; i < sessions; ++i) config.access_codes.push_back("code" + std::to_string(i));
  if (GetParam().as_user) {
    // A user number that no account of the machine has.
    std::filesystem::permissions(folder(), std::filesystem::perms::all);
    start_limited("exec setpriv --reuid 61234 --regid 61234 --clear-groups --inh-caps=-all env XDG_RUNTIME_DIR= HOME=" +
                      folder().string() + " " + program_file() + " \"$@\"",
                  config);
  } else {
    start(config);
  }
  // The first session opens what all share.
  TestClient first = join_task("first");
  const std::size_t before = open();
  std::vector<TestClient> clients;
  for (std::size_t i = 0; i < sessions; ++i) clients.push_back(join_task("code" + std::to_string(i)));
  const std::size_t taken = open() - before;
  EXPECT_EQ(taken, sessions * GetParam().documented) << "correct docs/operation.md, and limits::sandbox_descriptors";
  EXPECT_LE(taken, sessions * (limits::sandbox_descriptors + 1)) << "the server counts on fewer";
}

INSTANTIATE_TEST_SUITE_P(SetUps, Descriptors,
                         ::testing::Values(DescriptorsOf{"C", "chroot", false, 9},
                                           DescriptorsOf{"U", "chroot", true, 9},
                                           DescriptorsOf{"D", "docker", false, 6}),
                         [](const auto& set_up) { return std::string(set_up.param.name); });

}  // namespace
}  // namespace tellina::testing
