#include <filesystem>

#include "server_fixture.hpp"
#include "support/places.hpp"
#include "support/small_disk.hpp"

namespace tellina::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class FullDisk : public ServerTest {
 protected:
  FullDisk() : disk(folder() / "disk") {
    StudyConfig config;
    config.more = R"("database": "disk/db.sqlite3", )";
    configure(config);
  }
  std::filesystem::path database_file() const override { return folder() / "disk" / "db.sqlite3"; }
  /// The server's output before it ends with status 1.
  std::string refusal() const {
    ChildProcess child(program_file(), {"run", "--port", "0"}, folder(), "full");
    EXPECT_EQ(child.wait(std::chrono::seconds(20)), 1);
    EXPECT_EQ(child.output(), "") << "it said that it listens";
    return child.errors();
  }

  const ::testing::Matcher<std::string> says_so =
      AllOf(ContainsRegex("db.sqlite3: .*(database or disk is full|No space left on device)"),
            HasSubstr("free space on the disk that holds the database"));
  const SmallDisk disk;
};

TEST_F(FullDisk, AtTheFirstStart) {
  disk.fill();
  EXPECT_THAT(refusal(), says_so);
  disk.make_room();
  start();
  join_task();
}

TEST_F(FullDisk, AtALaterStart) {
  start();
  join_task().run("echo before");
  stop();
  const std::string before = read_text(database_file());
  disk.fill();
  EXPECT_THAT(refusal(), says_so);
  EXPECT_TRUE(read_text(database_file()) == before) << "something in it was changed";
}

TEST_F(FullDisk, AtTheStartAfterADeath) {
  start();
  TestClient bob = join_task();
  bob.run("echo before");
  bob.expect_all_acknowledged();
  settle(bob);
  server().kill();
  disk.fill();
  EXPECT_THAT(refusal(), says_so);
  EXPECT_EQ(database().value("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(database().stream("input", "bob", 1), bob.input());
  EXPECT_TRUE(database().stream("output", "bob", 1) == bob.output());
}

TEST_F(FullDisk, WhileAParticipantWorks) {
  start();
  TestClient bob = join_task();
  bob.run("echo before");
  bob.expect_all_acknowledged();
  disk.fill();
  // More than the shell may print before the record has it.
  bob.type("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo ov'er'\r");
  const auto said = [&](const std::string& words) { return server().errors().find(words) != std::string::npos; };
  EXPECT_TRUE(bob.wait_until([&] { return said("the record waits for the database: "); }));
  bob.type("echo la'ter'\r");
  // There is no event to wait for: this is longer than leases last without a renewal, and enough for several attempts
  // to write.
  bob.wait_until([] { return false; }, std::chrono::seconds(5));
  EXPECT_FALSE(bob.has_printed("over\r\n"));
  EXPECT_LT(bob.acknowledged_input(), bob.input_end());
  EXPECT_THAT(database().stream("input", "bob", 1), StartsWith(bob.input().substr(0, bob.acknowledged_input())));
  EXPECT_FALSE(said("the record continues"));
  EXPECT_EQ(http_request(server().port(), "GET /healthz HTTP/1.1\r\n").status, 200);

  disk.make_room();
  bob.expect("over\r\n");
  bob.expect("later\r\n");
  bob.expect_all_acknowledged();
  expect_recorded(bob);
  EXPECT_EQ(database().value("SELECT count(*) FROM gaps"), "0");
  EXPECT_THAT(server().errors(), AllOf(says_so, HasSubstr("info the record continues\n")));
}

}  // namespace
}  // namespace tellina::testing
