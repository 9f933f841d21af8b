#include "plugins/channel_ipc/membership.hpp"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <set>

#include <gmock/gmock.h>

#include "host/runtime/files.hpp"
#include "host/runtime/system.hpp"
#include "support/collecting_log.hpp"
#include "support/no_descriptors.hpp"

namespace tellina::ipc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Keeps the current members; refuses every new one while `refuses` is true.
class KnownMembers final : public MembershipObserver {
 public:
  void joined(InstanceId id, const std::string&) override {
    if (refuses) throw Error(ErrorCode::unavailable, "no way to it");
    ids.insert(id);
  }
  void left(InstanceId id) override { departures += ids.erase(id); }
  void receives(InstanceId, const std::string& channel) override { channels.insert(channel); }
  void stopped(InstanceId, const std::string& channel) override { channels.erase(channel); }
  void lost_marker(const std::string&) override {}

  bool refuses = false;
  std::set<InstanceId> ids;
  std::size_t departures = 0;
  std::set<std::string> channels;
};

class MembershipTest : public ::testing::Test {
 protected:
  class Instance {
   public:
    explicit Instance(MembershipTest& test) : membership(test.m_settings, test.m_random, test.m_log, neighbours) {
      membership.enter([](const std::string&) {});
    }
    KnownMembers neighbours;
    Membership membership;
  };

  MembershipTest() { m_settings.directory = m_folder.path() / "meet"; }

  const TemporaryFolder m_folder;
  Settings m_settings;
  SystemRandom m_random;
  tellina::testing::CollectingLog m_log;
};

TEST_F(MembershipTest, AnInstanceThatCannotBeReachedYetJoinsLater) {
  Instance first(*this);
  Instance known(*this);
  ASSERT_TRUE(first.membership.read_changes());
  const InstanceId id = first.membership.id();

  first.neighbours.refuses = true;
  Instance late(*this);
  late.membership.announce("late");
  EXPECT_TRUE(first.membership.read_changes()) << "its own files still exist";
  EXPECT_THAT(first.membership.problem(), HasSubstr("no way to it"));
  EXPECT_THAT(first.neighbours.ids, ElementsAre(known.membership.id()));
  first.membership.rescan();
  EXPECT_THAT(first.membership.problem(), HasSubstr("no way to it"));

  first.neighbours.refuses = false;
  first.membership.rescan();
  EXPECT_THAT(first.membership.problem(), IsEmpty());
  EXPECT_TRUE(first.neighbours.ids.contains(late.membership.id()));
  EXPECT_THAT(first.neighbours.channels, ElementsAre("late"));
  EXPECT_EQ(first.membership.id(), id);
  EXPECT_EQ(first.neighbours.departures, 0u);
}

/// A child in a user namespace that allows no inotify instance, as if other programs of the user had taken all.
class WithoutInotify {
 public:
  /// Runs `check` in the child, and returns the problem that it reports.
  static std::string run(const std::function<std::string()>& check) {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    const pid_t child = fork();
    if (child == 0) {
      const std::string error = unshare(CLONE_NEWUSER) == 0 ? check() : "run this test as root";
      [[maybe_unused]] const ssize_t written = write(ends[1], error.data(), error.size());
      _exit(0);
    }
    close(ends[1]);
    std::string error;
    char part[4096];
    for (ssize_t size; (size = read(ends[0], part, sizeof part)) > 0;) {
      error.append(part, static_cast<std::size_t>(size));
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return status == 0 ? error : "it died";
  }
  static void allow(int instances) {
    std::ofstream("/proc/self/uid_map") << "0 0 1";
    std::ofstream("/proc/sys/user/max_inotify_instances") << instances;
  }
};

TEST_F(MembershipTest, WithoutInotifyItScansTheFolderUntilThereIsOne) {
  EXPECT_EQ(WithoutInotify::run([this] {
              WithoutInotify::allow(0);
              Instance first(*this);
              if (first.membership.problem().find("cannot watch") == std::string::npos)
                return std::string("no trouble");
              Instance second(*this);
              second.membership.announce("channel");
              if (!first.membership.read_changes()) return std::string("it takes itself for removed");
              if (!first.membership.rescan()) return std::string("it does not find itself");
              if (!first.neighbours.ids.contains(second.membership.id())) return std::string("nobody has joined");
              if (!first.neighbours.channels.contains("channel")) return std::string("no channel");

              WithoutInotify::allow(8);
              if (!first.membership.rescan()) return std::string("it does not find itself again");
              if (!first.membership.problem().empty()) return first.membership.problem();
              second.membership.withdraw("channel");
              if (!first.membership.read_changes()) return std::string("it takes itself for removed at last");
              return first.neighbours.channels.empty() ? std::string() : std::string("a change is not seen");
            }),
            "");
}

TEST_F(MembershipTest, WhileTheFolderCannotBeListedNobodyCountsAsGone) {
  Instance first(*this);
  Instance known(*this);
  ASSERT_TRUE(first.membership.read_changes());
  {
    const tellina::testing::NoDescriptors none;
    first.membership.rescan();
  }
  EXPECT_THAT(first.membership.problem(), HasSubstr("Too many open files"));
  EXPECT_THAT(first.neighbours.ids, ElementsAre(known.membership.id()));
  first.membership.rescan();
  EXPECT_THAT(first.membership.problem(), IsEmpty());
  EXPECT_EQ(first.neighbours.departures, 0u);
}

}  // namespace
}  // namespace tellina::ipc
