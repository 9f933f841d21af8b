#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(SessionTest, ASandboxThatIsSlowToEndDelaysTheNextTaskForASecond) {
  begin_task();
  pool.time_of_removals = seconds(10);
  say(R"({"type":"give_up","id":7,"task":1})");
  store->run([](StoreTransaction&) {});
  loop.advance(milliseconds(999));
  EXPECT_EQ(port.count("done"), 0) << "the next task did not wait for a removal of usual duration";
  loop.advance(milliseconds(1));
  ASSERT_TRUE(wait_for("done"));
  start_task(2);
  EXPECT_EQ(backend.starts, 2);
  EXPECT_FALSE(backend.shells[0]->is_destroyed);
  loop.advance(seconds(9));
  EXPECT_TRUE(backend.shells[0]->is_destroyed);
  EXPECT_FALSE(backend.shells[1]->is_destroyed);
  type(0, "k");
  EXPECT_EQ(backend.shell().typed(), "k") << "the end of the old sandbox ended the new one";
}

}  // namespace
}  // namespace tellina::testing
