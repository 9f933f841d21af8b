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

TEST_F(SessionTest, InputThatWaitedForAnAdoptedShellIsHeldWhileTheLeaseMayHaveLapsed) {
  begin_task();
  type(0, "x");
  ASSERT_TRUE(wait_for("input_ack"));
  store->run([](StoreTransaction&) {});
  session->abandon();
  session.reset();
  loop.run_until_idle();
  backend.can_adopt = true;
  port = KeepingPort();
  open();
  session->on_text(port, R"({"type":"hello","columns":80,"rows":24,"output_offset":0,"input_offset":1})");
  session->on_data(port, data_frame(1, "late"));
  environment.leases_until = loop.clock().now();
  expect_stored("SELECT count(*) FROM events WHERE kind = 'adopted'", "1");
  EXPECT_EQ(backend.shell().typed(), "") << "another worker may have the shell";

  environment.leases_until = MonotonicTime::max();
  session->resume();
  std::string typed;
  EXPECT_TRUE(wait([&] { return (typed += backend.shell().typed()) == "late"; })) << typed;
}

/// The program that the rest was meant for is gone, and a part of it went with the old terminal.
TEST_F(SessionTest, InputThatADeadShellHadNotReadIsNotTypedAtTheNextOne) {
  begin_task();
  loop.advance(std::chrono::seconds(2));
  const int little = 4096;
  ASSERT_EQ(setsockopt(backend.shell().terminal(), SOL_SOCKET, SO_SNDBUF, &little, sizeof little), 0);
  const Bytes paste(60'000, 'x');
  type(0, paste);
  backend.shell().exit();
  ASSERT_TRUE(wait([&] { return backend.shell().restarts == 1; }));
  loop.run_until_idle();
  EXPECT_EQ(backend.shell().typed(), "");
  ASSERT_TRUE(wait([&] {
    loop.advance(std::chrono::milliseconds(250));
    return port.count("input_ack") > 0 &&
           port.last("input_ack")["input_offset"].to_number<std::size_t>() == paste.size();
  })) << "it is settled";
  type(paste.size(), "ls");
  EXPECT_EQ(backend.shell().typed(), "ls");
  expect_stored("SELECT count(*) FROM event_log WHERE kind = 'input_dropped' AND detail LIKE '%\"shell_ended\"%'", "1");
  EXPECT_EQ(stored("SELECT json_extract(detail, '$.from_offset') + json_extract(detail, '$.bytes') FROM event_log "
                   "WHERE kind = 'input_dropped'"),
            std::to_string(paste.size()));
}

}  // namespace
}  // namespace tellina::testing
