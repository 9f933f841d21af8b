#pragma once

/// Lanes of a worker on a virtual loop; the test is the gateway.

#include "host/worker/worker_lane.hpp"
#include "plugins/channel_memory/memory_layer.hpp"
#include "plugins/ordering_strict/strict_gate.hpp"
#include "unit/session/session_fixture.hpp"
#include "unit/worker/brittle_layer.hpp"

namespace tellina::testing {

class WorkerLaneTest : public SessionTest {
 protected:
  WorkerLaneTest() {
    store->run([&](StoreTransaction& t) {
      t.add_participant("alice", now());
      other = *t.find_participant("alice");
      for (const char* worker : {"w0", "w1", "w9"}) t.register_worker(identify_this_process(worker), now());
    });
    gateway = layer.receive(ChannelName("gateway.g-0"), [this](Message message) {
      if (message.kind == MessageKind::close && hangs_up) {
        send_to(accepted_by(message.connection), MessageKind::disconnect, message.connection, 1, "1006 gone");
      }
      messages.push_back(message);
      if (answer) answer(message);
    });
  }
  ~WorkerLaneTest() override {
    for (auto& lane : lanes) stop(*lane);
    lanes.clear();
    gateway.reset();
  }

  WorkerLane& add_lane(const std::string& worker, std::size_t index = 0, std::size_t count = 1) {
    SessionEnvironment lane_environment = environment;
    lane_environment.worker = worker;
    lanes.push_back(std::make_unique<WorkerLane>(lane_environment, outgoing, *ordering, index, count));
    lanes.back()->start();
    loop.run_until_idle();
    return *lanes.back();
  }
  void stop(WorkerLane& lane) {
    bool stopped = false;
    lane.stop([&] { stopped = true; });
    EXPECT_TRUE(wait([&] { return stopped; }));
  }
  void send(const std::string& channel, Message message) {
    ASSERT_EQ(layer.send(ChannelName(channel), std::move(message)), SendResult::accepted);
  }
  void send_to(const std::string& channel, MessageKind kind, const std::string& connection, Sequence sequence,
               Bytes body) {
    send(channel, Message(kind, connection, sequence, std::move(body)));
  }
  void connect(const std::string& connection, ParticipantId whose) {
    Message message(MessageKind::connect, connection, 0,
                    "{\"participant\":" + std::to_string(whose) + ",\"address\":\"127.0.0.1\"}");
    message.reply_channel = "gateway.g-0";
    send("websocket.connect", std::move(message));
  }
  std::vector<Message> of(const std::string& connection, MessageKind kind) const {
    std::vector<Message> found;
    for (const Message& message : messages) {
      if (message.connection == connection && message.kind == kind) found.push_back(message);
    }
    return found;
  }
  std::string accepted_by(const std::string& connection) const {
    const auto accepts = of(connection, MessageKind::accept);
    return accepts.empty() ? "" : accepts.front().body;
  }
  bool wait_accept(const std::string& connection) {
    return wait([&] { return !accepted_by(connection).empty(); });
  }
  std::string wait_close(const std::string& connection) {
    wait([&] { return !of(connection, MessageKind::close).empty(); });
    const auto closes = of(connection, MessageKind::close);
    return closes.empty() ? "still open" : closes.front().body;
  }
  std::string ask(const std::string& question) {
    Message message(MessageKind::request, "r" + std::to_string(++requests), 0, question);
    message.reply_channel = "gateway.g-0";
    const std::string id = message.connection;
    send("http.request", std::move(message));
    wait([&] { return !of(id, MessageKind::reply).empty(); });
    const auto replies = of(id, MessageKind::reply);
    return replies.empty() ? "no reply" : replies.front().body;
  }
  /// Leaves a running task behind, like a dead worker that others have retired.
  void leave_orphan(ParticipantId whose) {
    store->run([&](StoreTransaction& t) {
      const LeaseResult lease = t.acquire_lease(whose, "w9", now());
      t.begin_task_session(lease.fence, 1, "stdout", "s-left", "box", now());
      t.release_lease(lease.fence, now(), false);
    });
    loop.virtual_clock().set(loop.clock().now() + std::chrono::seconds(4));
  }

  PluginContext context{Config(), log, loop.virtual_clock(), random};
  memory::MemoryLayer layer{context};
  BrittleLayer outgoing{layer};
  strict::StrictOrdering policy{context};
  OrderingPolicy* ordering = &policy;
  ParticipantId other = 0;
  std::vector<Message> messages;
  bool hangs_up = false;
  /// The gateway's action inside the worker's send().
  std::function<void(const Message&)> answer;
  int requests = 0;
  std::unique_ptr<Subscription> gateway;
  std::vector<std::unique_ptr<WorkerLane>> lanes;
};

inline constexpr const char* hello = R"({"type":"hello","columns":80,"rows":24,"output_offset":0})";

}  // namespace tellina::testing
