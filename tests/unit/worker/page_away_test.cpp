#include "unit/worker/worker_lane_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class PageAwayTest : public WorkerLaneTest {
 protected:
  PageAwayTest() {
    auto study = std::make_shared<Study>(*environment.study);
    study->task_duration = minutes(20);
    environment.study = study;
  }
  /// The latest welcome of a connection.
  boost::json::object welcome(const std::string& connection) {
    boost::json::object found;
    for (const Message& message : of(connection, MessageKind::text)) {
      if (message.body.starts_with("{\"type\":\"welcome\"")) found = boost::json::parse(message.body).as_object();
    }
    return found;
  }
  Bytes output(const std::string& connection) const {
    Bytes bytes;
    for (const Message& message : of(connection, MessageKind::data)) bytes.append(message.body, 8);
    return bytes;
  }
};

TEST_F(PageAwayTest, AfterTenMinutesTheSameShellIsThereWithAllItsOutput) {
  add_lane("w0");
  connect("before", participant);
  ASSERT_TRUE(wait_accept("before"));
  send_to("worker.w0", MessageKind::text, "before", 1, hello);
  send_to("worker.w0", MessageKind::text, "before", 2, R"({"type":"start_task","id":1,"task":1})");
  ASSERT_TRUE(wait([&] { return of("before", MessageKind::data).size() == 1; })) << "the prompt";
  const std::string stream(welcome("before").at("stream").as_string());
  const Bytes seen = output("before");
  send_to("worker.w0", MessageKind::disconnect, "before", 3, "1001 the lid was closed");
  loop.run_until_idle();

  Bytes printed;
  const std::string renewed = stored("SELECT renewed_at_ns FROM leases");
  for (int second = 0; second < 600; ++second) {
    const std::string line = "line " + std::to_string(second) + "\r\n";
    backend.shell().print(line);
    printed += line;
    loop.advance(seconds(1));
    store->run([](StoreTransaction&) {});
    loop.run_until_idle();
  }
  EXPECT_NE(stored("SELECT renewed_at_ns FROM leases"), renewed) << "no lease was renewed meanwhile";

  connect("after", participant);
  ASSERT_TRUE(wait_accept("after"));
  send_to("worker.w0", MessageKind::text, "after", 1,
          "{\"type\":\"hello\",\"columns\":80,\"rows\":24,\"stream\":\"" + stream +
              "\",\"input_offset\":0,\"output_offset\":" + std::to_string(seen.size()) + "}");
  ASSERT_TRUE(wait([&] { return output("after").size() >= printed.size(); }));
  EXPECT_EQ(output("after"), printed);
  const auto said = welcome("after");
  EXPECT_EQ(said.at("stream"), boost::json::value(stream));
  EXPECT_EQ(said.at("output_offset").to_number<std::size_t>(), seen.size());
  EXPECT_EQ(said.at("state").at("state"), "running");
  EXPECT_NEAR(said.at("state").at("task").at("time_left_in_seconds").to_number<double>(), 600, 2);

  EXPECT_EQ(backend.starts, 1);
  EXPECT_FALSE(backend.shell().is_destroyed);
  send_to("worker.w0", MessageKind::data, "after", 2, data_frame(0, "ls\r"));
  loop.run_until_idle();
  EXPECT_EQ(backend.shell().typed(), "ls\r");
  EXPECT_EQ(stored("SELECT count(*) FROM gaps"), "0");
  EXPECT_EQ(stored("SELECT count(*) FROM events WHERE kind = 'interrupted'"), "0");
}

}  // namespace
}  // namespace tellina::testing
