#include <gmock/gmock.h>

#include "host/limits.hpp"
#include "host/text/sha256.hpp"
#include "store_fixture.hpp"

namespace tellina::testing {
namespace {

using Kind = JoinResult::Kind;
using std::chrono::hours;
using ::testing::ElementsAre;

class JoiningTest : public StoreTest {
 protected:
  static JoinRequest request(const std::string& id) {
    static int count = 0;
    JoinRequest wanted;
    wanted.stage = "main";
    wanted.external_id = id;
    wanted.parameters = R"({"STUDY_ID":"s"})";
    wanted.access_code = std::string(36, 'c') + std::to_string(1000 + ++count);
    wanted.limit = 100;
    return wanted;
  }
  JoinResult join(const JoinRequest& wanted) {
    JoinResult result(Kind::taken, 0);
    run([&](StoreTransaction& t) { result = t.join(wanted, now()); });
    return result;
  }
  std::vector<std::string> rows(const std::string& sql) { return Reader(path).rows(sql); }
};

TEST_F(JoiningTest, AddsAParticipantWithTheNextLabelOnce) {
  add_participant("bob");
  const JoinResult first = join(request("a"));
  EXPECT_EQ(first.kind, Kind::added);
  EXPECT_EQ(join(request("a")).kind, Kind::taken);
  EXPECT_EQ(join(request("b")).kind, Kind::added);
  EXPECT_THAT(rows("SELECT label, stage, external_id, entry_parameters, is_bot, first_seen_at IS NOT NULL, "
                   "last_seen_at = first_seen_at, browser_hash FROM participants WHERE external_id IS NOT NULL"),
              ElementsAre(R"(P002|main|a|{"STUDY_ID":"s"}|0|1|1|NULL)", R"(P003|main|b|{"STUDY_ID":"s"}|0|1|1|NULL)"));
}

TEST_F(JoiningTest, ReturnsWithAValidCookieOfTheParticipantOnly) {
  const ParticipantId a = join(request("a")).participant;
  const ParticipantId b = join(request("b")).participant;
  run([&](StoreTransaction& t) {
    t.add_login(a, sha256("of a"), now());
    t.add_login(b, sha256("of b"), now());
  });
  JoinRequest again = request("a");
  again.token_hashes = {sha256("of b"), sha256("unknown")};
  EXPECT_EQ(join(again).kind, Kind::taken);
  again.token_hashes.push_back(sha256("of a"));
  EXPECT_EQ(join(again).kind, Kind::returned);
  EXPECT_EQ(join(again).participant, a);
  pass(limits::login_lifetime);
  EXPECT_EQ(join(again).kind, Kind::taken) << "the cookie has expired";
  again.rejoins_anywhere = true;
  EXPECT_EQ(join(again).participant, a);
}

TEST_F(JoiningTest, ABrowsersKeyOutlivesAResetButNotAnErasure) {
  JoinRequest mine = request("a");
  mine.browser_key = std::string(32, 'k');
  const ParticipantId a = join(mine).participant;
  JoinRequest others = request("a");
  EXPECT_EQ(join(others).kind, Kind::taken) << "no key";
  others.browser_key = std::string(32, 'o');
  EXPECT_EQ(join(others).kind, Kind::taken);
  EXPECT_EQ(join(mine).participant, a);
  run([&](StoreTransaction& t) { t.reset_participant("P001", now()); });
  EXPECT_EQ(join(mine).participant, a);
  JoinRequest same_browser = request("b");
  same_browser.browser_key = mine.browser_key;
  EXPECT_EQ(join(same_browser).kind, Kind::added);
  EXPECT_THAT(rows("SELECT count(DISTINCT browser_hash) FROM participants"), ElementsAre("2"))
      << "the record does not tell that two people used one browser";
  add_worker("w1");
  const Fence fence = acquire(a, "w1").fence;
  run([&](StoreTransaction& t) { t.steps(fence)->erase(now()); });
  EXPECT_THAT(
      rows("SELECT external_id, entry_parameters, browser_hash FROM participants WHERE id = " + std::to_string(a)),
      ElementsAre("NULL|NULL|NULL"));
}

TEST_F(JoiningTest, CountsTheStagesParticipantsWhoHaveCome) {
  run([&](StoreTransaction& t) { t.sync_access_codes({"bob", "alice"}, now()); });
  const auto with_limit = [&](const std::string& id, const std::string& stage, int limit) {
    JoinRequest wanted = request(id);
    wanted.stage = stage;
    wanted.limit = limit;
    return join(wanted).kind;
  };
  EXPECT_EQ(with_limit("a", "main", 2), Kind::added) << "neither code has been used";
  EXPECT_EQ(with_limit("b", "main", 2), Kind::added);
  EXPECT_EQ(with_limit("c", "main", 2), Kind::full);
  EXPECT_EQ(with_limit("a", "pilot", 1), Kind::added) << "the same person in another stage";
  EXPECT_EQ(with_limit("b", "pilot", 1), Kind::full);
  Reader(path).execute("UPDATE participants SET excluded_at = 'x' WHERE external_id = 'a' AND stage = 'main'");
  EXPECT_EQ(with_limit("c", "main", 2), Kind::added);
  EXPECT_EQ(with_limit("d", "main", 2), Kind::full);
  JoinRequest late = request("d");
  late.is_closed = true;
  EXPECT_EQ(join(late).kind, Kind::closed);
}

TEST_F(JoiningTest, StaysInTheStageOfTheJoin) {
  const ParticipantId a = join(request("a")).participant;
  JoinRequest later = request("a");
  later.stage = "second";
  EXPECT_EQ(join(later).kind, Kind::added);
  add_worker("w1");
  const Fence fence = acquire(a, "w1").fence;
  run([&](StoreTransaction& t) { t.steps(fence)->set_last_seen("second", now()); });
  EXPECT_THAT(rows("SELECT stage FROM participants ORDER BY id"), ElementsAre("main", "second"));
}

TEST_F(JoiningTest, IsAParticipantLikeOthers) {
  const JoinRequest wanted = request("a");
  const ParticipantId a = join(wanted).participant;
  run([&](StoreTransaction& t) {
    EXPECT_EQ(t.find_participant(wanted.access_code), a) << "for the link of `participants link`";
    t.sync_access_codes({"bob"}, now());
    EXPECT_EQ(t.find_participant(wanted.access_code), a) << "after a start of the server";
  });
  const auto identities =
      get<std::vector<ParticipantIdentity>>([](StoreTransaction& t) { return t.list_identities(); });
  ASSERT_EQ(identities.size(), 2U);
  EXPECT_EQ(identities[0].label + " " + identities[0].access_code, "P001 " + wanted.access_code);
  EXPECT_FALSE(identities[0].outcome);
  EXPECT_FALSE(get<std::optional<Bytes>>([](StoreTransaction& t) { return t.read_key("completion_code"); }));
}

}  // namespace
}  // namespace tellina::testing
