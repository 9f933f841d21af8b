#include "unit/session/session_fixture.hpp"

namespace tellina::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

/// Accepts every job and, while blocked, finishes none, like a disk that hangs.
class HangingStore final : public Store {
 public:
  explicit HangingStore(Store& store) : m_store(store) {}
  void submit(Job job, Done done) override {
    if (!is_blocked) return m_store.submit(std::move(job), std::move(done));
    m_waiting.emplace_back(std::move(job), std::move(done));
  }
  void submit_deferred(Job job, Done done) override { submit(std::move(job), std::move(done)); }
  void commit_waiting() override {}
  void unblock() {
    is_blocked = false;
    for (auto& [job, done] : std::exchange(m_waiting, {})) m_store.submit(std::move(job), std::move(done));
  }
  bool is_blocked = false;

 private:
  Store& m_store;
  std::vector<std::pair<Job, Done>> m_waiting;
};

class BlockedStoreTest : public SessionTest {
 protected:
  BlockedStoreTest() : blockable(loop, pool, hanging, backend, random, log) {
    blockable.study = environment.study;
    blockable.worker = environment.worker;
    blockable.sandbox_plugin = environment.sandbox_plugin;
  }
  ~BlockedStoreTest() override {
    hanging.unblock();
    alices.reset();
    session.reset();
    loop.run_until_idle();
  }
  /// Bob's page has rendered everything that it was sent.
  void acknowledge() { say("{\"type\":\"ack\",\"output_offset\":" + std::to_string(port.output_end) + "}"); }

  HangingStore hanging{*store};
  SessionEnvironment blockable;
  KeepingPort alices_port;
  std::unique_ptr<ParticipantSession> alices;
};

TEST_F(BlockedStoreTest, EchoIsShownNothingIsAcknowledgedAndThePtyIsReadUpToALimit) {
  ParticipantId alice = 0;
  store->run([&](StoreTransaction& t) {
    t.add_participant("alice", now());
    alice = *t.find_participant("alice");
  });
  session = open_for(blockable, participant, port);
  ScriptedShell& bobs = backend.shell();
  alices = open_for(blockable, alice, alices_port);
  hanging.is_blocked = true;

  type(0, "k");
  EXPECT_EQ(bobs.typed(), "k");
  bobs.print("k");
  loop.run_until_idle();
  EXPECT_TRUE(port.output.ends_with("k")) << "the echo waits for the disk";
  loop.advance(std::chrono::seconds(2));
  EXPECT_EQ(port.count("input_ack"), 0);

  const std::uint64_t before = port.output_end;
  const std::string text(32 * 1024, 'x');
  for (int idle_rounds = 0; idle_rounds < 3;) {
    idle_rounds = bobs.offer(text) > 0 ? 0 : idle_rounds + 1;
    loop.advance(milliseconds(10));  // floods are gathered
    acknowledge();
  }
  const std::uint64_t shown = port.output_end - before;
  EXPECT_GE(shown, 768U * 1024);
  EXPECT_LT(shown, 1024U * 1024) << "more output was shown than the offset skips after a worker's death";

  alices->on_data(alices_port, data_frame(0, "a"));
  loop.run_until_idle();
  EXPECT_EQ(backend.shell().typed(), "a");
  backend.shell().print("a");
  loop.run_until_idle();
  EXPECT_TRUE(alices_port.output.ends_with("a")) << "one session's backlog holds up another's echo";

  hanging.unblock();
  ASSERT_TRUE(wait_for("input_ack"));
  EXPECT_EQ(port.last("input_ack")["input_offset"].to_number<int>(), 1);
  EXPECT_TRUE(wait([&] {
    acknowledge();
    loop.advance(milliseconds(10));
    return port.output_end - before > shown;
  })) << "the pty is not read again";
  EXPECT_EQ(lost_calls, 0);
}

}  // namespace
}  // namespace tellina::testing
