#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// Overwrites everything in the database except its first page.
void damage(const std::string& path) {
  Reader(path).execute("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::size_t page = std::stoul(Reader(path).value("PRAGMA page_size"));
  const std::string bytes = read_bytes(path);
  ASSERT_GT(bytes.size(), 2 * page);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(page));
  file << std::string(bytes.size() - page, '\xA5');
}

TEST_F(SessionTest, PausesWhenTheDatabaseIsDamagedWhileItRuns) {
  begin_task();
  store->run([](StoreTransaction&) {});
  damage(path);
  const std::size_t lines_before = log.lines().size();
  type(0, "k");
  EXPECT_EQ(backend.shell().typed(), "k");
  backend.shell().print("k");
  loop.run_until_idle();
  EXPECT_TRUE(port.output.ends_with("k"));
  ASSERT_TRUE(wait([&] { return log.lines().size() > lines_before; }));
  for (int i = 0; i < 5; ++i) {
    loop.advance(seconds(5));
    wait([] { return true; });
  }
  ASSERT_EQ(log.lines().size(), lines_before + 1) << log.lines().back();
  EXPECT_THAT(log.lines().back(),
              AllOf(HasSubstr("the database is damaged"), HasSubstr("malformed"), HasSubstr("sqlite3 FILE .recover")));
  EXPECT_EQ(lost_calls, 0) << "the session was given up, although the next owner would fail in the same way";
  EXPECT_EQ(backend.starts, 1);
  EXPECT_EQ(port.count("input_ack"), 0);
  session->abandon();
}

}  // namespace
}  // namespace tellina::testing
