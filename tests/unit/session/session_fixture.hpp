#pragma once

/// A participant's session on a virtual loop, with a real store and a scripted sandbox.

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "host/limits.hpp"
#include "host/session/participant_session.hpp"
#include "host/wire/data_frame.hpp"
#include "unit/session/scripted_sandbox.hpp"
#include "unit/store/store_fixture.hpp"

namespace tellina::testing {

/// Keeps the session's messages.
class KeepingPort : public ClientConnection {
 public:
  void send_data(Bytes frame) override {
    if (!output.empty()) {
      EXPECT_EQ(frame_offset(frame), output_end) << "output has a hole or comes twice";
    }
    output_end = frame_offset(frame) + frame.size() - limits::frame_header;
    EXPECT_GT(frame.size(), limits::frame_header);
    EXPECT_LE(frame.size(), limits::frame);
    output.append(frame, limits::frame_header);
  }
  void send_text(std::string json) override { texts.push_back(std::move(json)); }
  void credit(std::size_t bytes) override { credited += bytes; }
  void close(int code, const std::string& reason) override {
    close_code = code;
    close_reason = reason;
  }
  const std::string& address() const override { return m_address; }

  int count(const std::string& type) const {
    int number = 0;
    for (const std::string& text : texts) number += text.rfind("{\"type\":\"" + type + "\"", 0) == 0;
    return number;
  }
  /// The latest text frame of a type, parsed; an empty object if there is none.
  boost::json::object last(const std::string& type) const {
    for (auto text = texts.rbegin(); text != texts.rend(); ++text) {
      if (text->rfind("{\"type\":\"" + type + "\"", 0) == 0) return boost::json::parse(*text).as_object();
    }
    return {};
  }
  void forget() {
    texts.clear();
    output.clear();
  }

  std::vector<std::string> texts;
  Bytes output;
  std::uint64_t output_end = 0;
  std::size_t credited = 0;
  int close_code = 0;
  std::string close_reason;

 private:
  std::string m_address = "127.0.0.1";
};

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() : environment(loop, pool, *store, backend, random, log) {
    Task words;
    words.id = "task-1";
    words.description = "say hello";
    words.output_answer = "hello\n";
    Task files;
    files.id = "task-2";
    files.type = TaskType::filesystem;
    files.description = "make a file";
    files.filesystem_answer.root = FileNode::directory();
    files.filesystem_answer.root.children["a"] = FileNode::regular("");
    auto written = std::make_shared<Study>();
    written->tasks = {words, files};
    written->task_duration = std::chrono::seconds(60);
    environment.study = written;
    environment.worker = "w1";
    environment.sandbox_plugin = "scripted";
    environment.masks_secrets = false;  // a pair of sockets is no terminal
    store->run([&](StoreTransaction& t) {
      t.register_worker(identify_this_process("w1"), now());
      t.add_participant("bob", now());
      participant = *t.find_participant("bob");
    });
  }

  ~SessionTest() override {
    session.reset();
    loop.run_until_idle();
    for (const std::string& line : log.lines()) {
      EXPECT_TRUE(expects_failures || line.rfind("event=session_failed", 0) != 0) << line;
    }
  }

  Timestamp now() { return Timestamp(loop.clock()); }

  void open(const std::string& worker = "w1") {
    LeaseResult lease;
    store->run([&](StoreTransaction& t) { lease = t.acquire_lease(participant, worker, now()); });
    ASSERT_TRUE(lease.acquired);
    ParticipantSession::Callbacks callbacks;
    callbacks.idle = [this] { ++idle_calls; };
    callbacks.lost = [this] { ++lost_calls; };
    session = std::make_unique<ParticipantSession>(environment, lease, std::move(callbacks));
    session->attach(port);
  }
  /// Another session, besides `session`, whose client has started task 1.
  std::unique_ptr<ParticipantSession> open_for(SessionEnvironment& in, ParticipantId who, KeepingPort& at) {
    LeaseResult lease;
    store->run([&](StoreTransaction& t) { lease = t.acquire_lease(who, "w1", now()); });
    ParticipantSession::Callbacks callbacks;
    callbacks.idle = [] {};
    callbacks.lost = [this] { ++lost_calls; };
    auto opened = std::make_unique<ParticipantSession>(in, lease, std::move(callbacks));
    opened->attach(at);
    opened->on_text(at, R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
    opened->on_text(at, R"({"type":"start_task","id":1,"task":1})");
    EXPECT_TRUE(wait([&] { return at.count("welcome") == 2 && at.output.ends_with("\a"); }));
    return opened;
  }
  void say(const std::string& json) { say(port, json); }
  void say(KeepingPort& from, const std::string& json) {
    session->on_text(from, json);
    loop.run_until_idle();
  }
  void type(std::uint64_t offset, BytesView bytes) {
    session->on_data(port, data_frame(offset, bytes));
    loop.run_until_idle();
  }
  bool wait(const std::function<bool()>& condition) { return loop.run_until(condition); }
  bool wait_for(const std::string& type, int count = 1) {
    return wait([&, count] { return port.count(type) >= count; });
  }
  /// hello, start_task 1, and its welcome.
  void begin_task(int task = 1) {
    open();
    say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
    start_task(task);
  }
  void start_task(int task) {
    const int before = port.count("welcome");
    port.output.clear();  // a new task has a new stream
    say("{\"type\":\"start_task\",\"id\":" + std::to_string(100 + task) + ",\"task\":" + std::to_string(task) + "}");
    ASSERT_TRUE(wait_for("welcome", before + 1));
  }
  /// The state in the latest text frame of a type.
  boost::json::object task_of(const std::string& type) {
    return port.last(type)["state"].as_object()["task"].as_object();
  }
  /// Runs a task for 20 s; then the shell ends, it can't be restarted, and no other sandbox can be started.
  void break_for_good() {
    begin_task();
    loop.advance(std::chrono::seconds(20));
    backend.shell().fails_to_restart = backend.is_unavailable = true;
    backend.shell().exit();
    loop.run_until_idle();
    EXPECT_TRUE(task_of("state").at("clock_stands").as_bool());
  }
  /// The session's owner dies, and the next one can start no sandbox.
  void fail_to_take_over() {
    store->run([](StoreTransaction&) {});
    session->abandon();
    session.reset();
    loop.run_until_idle();
    backend.is_unavailable = true;
    port = KeepingPort();
    open();
    loop.run_until_idle();
    say(R"({"type":"hello","columns":80,"rows":24,"output_offset":0})");
  }
  /// The session's owner stops in an orderly way, and another takes over.
  void restart(const std::string& worker = "w1") {
    bool released = false;
    session->release([&] { released = true; });
    ASSERT_TRUE(wait([&] { return released; }));
    session.reset();
    loop.run_until_idle();
    port = KeepingPort();
    open(worker);
  }
  std::string state() { return std::string(port.last("state")["state"].as_object()["state"].as_string()); }
  /// The result of a researcher's query, after everything is in the file.
  std::string stored(const std::string& sql) {
    store->run([](StoreTransaction&) {});
    return Reader(path).value(sql);
  }
  /// The recorder writes one batch after another.
  void expect_stored(const std::string& sql, const std::string& value) {
    EXPECT_TRUE(wait([&] { return stored(sql) == value; })) << sql << ": " << stored(sql) << ", expected " << value;
  }

  TemporaryFolder folder;
  const std::string path = folder / "db.sqlite3";
  VirtualLoop loop;
  LoopPool pool{loop};
  SeededRandom random;
  CollectingLog log;
  std::unique_ptr<Store> store = Store::open(path, loop.clock(), log);
  ScriptedBackend backend;
  SessionEnvironment environment;
  ParticipantId participant = 0;
  KeepingPort port;
  int idle_calls = 0;
  bool expects_failures = false;  ///< assertions may fail in a session
  int lost_calls = 0;
  std::unique_ptr<ParticipantSession> session;
};

}  // namespace tellina::testing
