#include "plugins/channel_ipc/membership.hpp"

#include <map>
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

/// Keeps who is there; refuses to let anybody join while `refuses` is true.
class Neighbours final : public MembershipObserver {
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
    Neighbours neighbours;
    Membership membership;
  };

  MembershipTest() { m_settings.directory = m_folder.path() / "meet"; }

  const TemporaryFolder m_folder;
  Settings m_settings;
  SystemRandom m_random;
  tellina::testing::CollectingLog m_log;
};

TEST_F(MembershipTest, WhoCannotBeReachedYetJoinsLater) {
  Instance first(*this);
  Instance known(*this);
  ASSERT_TRUE(first.membership.read_changes());
  const InstanceId id = first.membership.id();

  first.neighbours.refuses = true;
  Instance late(*this);
  late.membership.announce("late");
  EXPECT_TRUE(first.membership.read_changes()) << "its own files are there";
  EXPECT_THAT(first.membership.trouble(), HasSubstr("no way to it"));
  EXPECT_THAT(first.neighbours.ids, ElementsAre(known.membership.id()));
  first.membership.look_again();
  EXPECT_THAT(first.membership.trouble(), HasSubstr("no way to it"));

  first.neighbours.refuses = false;
  first.membership.look_again();
  EXPECT_THAT(first.membership.trouble(), IsEmpty());
  EXPECT_TRUE(first.neighbours.ids.contains(late.membership.id()));
  EXPECT_THAT(first.neighbours.channels, ElementsAre("late"));
  EXPECT_EQ(first.membership.id(), id);
  EXPECT_EQ(first.neighbours.departures, 0u);
}

TEST_F(MembershipTest, AFolderThatCannotBeListedSaysOfNobodyThatHeIsGone) {
  Instance first(*this);
  Instance known(*this);
  ASSERT_TRUE(first.membership.read_changes());
  {
    const tellina::testing::NoDescriptors none;
    first.membership.look_again();
  }
  EXPECT_THAT(first.membership.trouble(), HasSubstr("Too many open files"));
  EXPECT_THAT(first.neighbours.ids, ElementsAre(known.membership.id()));
  first.membership.look_again();
  EXPECT_THAT(first.membership.trouble(), IsEmpty());
  EXPECT_EQ(first.neighbours.departures, 0u);
}

}  // namespace
}  // namespace tellina::ipc
