#include <sys/socket.h>

#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

TEST_F(SessionTest, InputThatWaitsForTheShellIsHeldWhileTheLeaseMayHaveExpired) {
  begin_task();
  const int little = 4096;
  ASSERT_EQ(setsockopt(backend.shell().terminal(), SOL_SOCKET, SO_SNDBUF, &little, sizeof little), 0);
  const Bytes paste(60'000, 'x');
  type(0, paste);
  std::size_t read = backend.shell().typed().size();
  ASSERT_GT(read, 0U);
  ASSERT_LT(read, paste.size()) << "the terminal took all of it";

  environment.leases_until = loop.clock().now();
  loop.run_until_idle();
  EXPECT_EQ(backend.shell().typed(), "") << "another worker may have the shell";

  environment.leases_until = MonotonicTime::max();
  session->resume();
  ASSERT_TRUE(wait([&] {
    read += backend.shell().typed().size();
    return read >= paste.size();
  }));
  EXPECT_EQ(read, paste.size());
}

}  // namespace
}  // namespace tellina::testing
