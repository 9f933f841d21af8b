/// A program that crashes, hangs, answers garbage or passes wrong descriptors, at each call: the call fails with an
/// Error, and the next one works.

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <boost/json.hpp>

#include "host/config/json_reader.hpp"
#include "host/plugins/registry.hpp"
#include "host/runtime/files.hpp"
#include "host/runtime/system.hpp"
#include "support/collecting_log.hpp"
#include "support/no_descriptors.hpp"
#include "support/places.hpp"
#include "support/server_process.hpp"
#include "tellina/descriptor.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using Seconds = std::chrono::duration<double>;

/// The system's clock, which a test can advance.
class AdvancedClock final : public Clock {
 public:
  MonotonicTime now() const override { return m_clock.now() + m_ahead.load(); }
  WallTime wall_time() const override { return m_clock.wall_time(); }
  void advance(std::chrono::milliseconds time) { m_ahead = m_ahead.load() + time; }

 private:
  SystemClock m_clock;
  std::atomic<std::chrono::nanoseconds> m_ahead{};
};

class ExecFault : public ::testing::Test {
 protected:
  void set(const std::string& key, json::value value) { m_settings[key] = std::move(value); }
  void set(const std::string& key, const std::string& text) { set(key, json::value(text)); }
  void set(const std::string& key, const char* text) { set(key, json::value(text)); }
  void set_fault(const std::string& fault, const std::string& at, bool only_once = true) {
    set("fault", fault);
    set("at", at);
    if (only_once) set("once", m_folder.file("happened"));
  }
  bool has_happened() const { return fs::exists(m_folder.file("happened")); }
  fs::path homes() const { return m_folder.path() / "homes"; }

  SandboxBackend& backend() {
    if (!m_backend) {
      fs::create_directories(homes());
      m_settings["folder"] = homes().string();
      const json::object section = {{"command", {testing_program(), build_folder() + "/share/tellina/exec"}},
                                    {"settings", m_settings}};
      m_backend = make_backend(json::serialize(section));
    }
    return *m_backend;
  }
  std::unique_ptr<SandboxBackend> make_backend(const std::string& section) {
    static const PluginRegistry plugins({plugin_folder()});
    m_contexts.push_back(
        std::make_unique<PluginContext>(read_json(section, m_folder.file("config.json")), m_log, m_clock, m_random));
    return plugins.make_sandbox_backend("exec", *m_contexts.back());
  }
  static std::string testing_program() { return source_folder() + "/tests/integration/sandbox_exec/faulty.py"; }
  void end_backend() { m_backend.reset(); }

  SandboxSpec spec(std::chrono::milliseconds deadline = 20s) {
    SandboxSpec spec;
    spec.id = "s" + std::to_string(++m_sandboxes);
    spec.owner = "owner";
    spec.initial.root = FileNode::directory();
    spec.deadline = deadline;
    return spec;
  }

  /// The code of the error that a call throws; nothing if it throws none.
  static std::optional<ErrorCode> code_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    return {};
  }

  static bool becomes_readable(int descriptor, std::chrono::milliseconds limit = 10s) {
    pollfd watched{descriptor, POLLIN, 0};
    return poll(&watched, 1, static_cast<int>(limit.count())) == 1;
  }
  static bool says(Sandbox& sandbox, const std::string& word) {
    std::string seen;
    while (seen.find(word) == std::string::npos && becomes_readable(sandbox.terminal())) {
      char buffer[4096];
      const ssize_t size = read(sandbox.terminal(), buffer, sizeof buffer);
      if (size <= 0) return false;
      seen.append(buffer, static_cast<std::size_t>(size));
    }
    return seen.find(word) != std::string::npos;
  }
  static bool eventually(const std::function<bool()>& is_so) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!is_so() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(5ms);
    return is_so();
  }
  bool log_says(const std::string& text) const { return m_log.text().find(text) != std::string::npos; }
  /// Waits up to 5 s, because the log is written by other threads than those that make the calls.
  bool log_will_say(const std::string& text) const {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (!log_says(text) && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(5ms);
    return log_says(text);
  }

  /// One of each call, on a sandbox that was started before, except "hello" and "start".
  void call(const std::string& name, Sandbox* sandbox, std::chrono::milliseconds deadline) {
    SnapshotRequest request;
    request.deadline = deadline;
    if (name == "probe") {
      const Capabilities capabilities = backend().probe();
      if (!capabilities.usable) throw Error(ErrorCode::unavailable, capabilities.reason);
    }
    if (name == "start" || name == "hello") backend().start(spec(deadline))->destroy();
    if (name == "restart_shell") sandbox->restart_shell(TerminalSize());
    if (name == "snapshot") sandbox->snapshot(request);
    if (name == "sweep") backend().sweep("nobody", {});
    if (name == "destroy") sandbox->destroy();
  }

  TemporaryFolder m_folder;
  CollectingLog m_log;
  AdvancedClock m_clock;
  SystemRandom m_random;
  json::object m_settings;
  int m_sandboxes = 0;
  std::vector<std::unique_ptr<PluginContext>> m_contexts;
  std::unique_ptr<SandboxBackend> m_backend;
};

class ExecFaultAtEachCall : public ExecFault, public ::testing::WithParamInterface<const char*> {
 protected:
  std::unique_ptr<Sandbox> start_if_needed() {
    const std::string name = GetParam();
    if (name == "hello" || name == "start") return {};
    return backend().start(spec());
  }
};

TEST_P(ExecFaultAtEachCall, ACrashFailsTheCallAtOnceAndTheNextOneWorks) {
  const std::string name = GetParam();
  set_fault("crashes", name);
  const auto sandbox = start_if_needed();
  const auto began = std::chrono::steady_clock::now();
  const auto code = code_of([&] { call(name, sandbox.get(), 20s); });
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  // destroy() asks the program again, which then removes what is left.
  EXPECT_EQ(code, name == "destroy" ? std::nullopt : std::optional(ErrorCode::unavailable));
  EXPECT_TRUE(has_happened());
  EXPECT_TRUE(log_will_say("the program ended with exit status 3")) << m_log.text();
  EXPECT_TRUE(log_will_say("about to crash")) << "what a program says last is in the log";
  if (sandbox && name != "destroy") {
    EXPECT_TRUE(becomes_readable(sandbox->ended_descriptor()));
    EXPECT_TRUE(sandbox->ended().has_value());
    EXPECT_EQ(code_of([&] { sandbox->snapshot(SnapshotRequest()); }), ErrorCode::gone);
  }
  const auto next = backend().start(spec());
  EXPECT_TRUE(says(*next, "ready"));
  next->destroy();
  if (sandbox) sandbox->destroy();
  EXPECT_TRUE(name == "start" || fs::is_empty(homes()))
      << "destroy() has removed the files of the sandbox that crashed";
}

TEST_P(ExecFaultAtEachCall, AProgramThatHangsIsKilledAndStartedAgain) {
  const std::string name = GetParam();
  set_fault("hangs", name);
  const auto sandbox = start_if_needed();
  const auto before = descendants(getpid());
  std::atomic<bool> has_returned = false;
  std::optional<ErrorCode> code;
  std::thread caller([&] {
    code = code_of([&] { call(name, sandbox.get(), 20s); });
    has_returned = true;
  });
  EXPECT_TRUE(eventually([&] { return has_happened(); }));
  EXPECT_TRUE(eventually([&] { return m_clock.advance(1s), has_returned.load(); })) << "its deadline has passed";
  caller.join();
  EXPECT_THAT(code, AnyOf(std::optional(ErrorCode::timed_out), std::optional(ErrorCode::unavailable)));
  const std::string end = "; the next call starts it again";
  // Whether a caller or the reader notices first that "hello" is overdue is open; a caller asks the program to end.
  const auto is_noticed = [&] {
    m_clock.advance(100ms);
    return log_says("it answers nothing") || (name == "hello" && log_says(end));
  };
  EXPECT_TRUE(eventually(is_noticed)) << m_log.text();
  EXPECT_TRUE(eventually([&] { return log_says(end); })) << m_log.text();
  // A call that waits when the program is killed fails with it.
  std::unique_ptr<Sandbox> next;
  const auto start_next = [&] { next = backend().start(spec()); };
  if (code_of(start_next) == ErrorCode::unavailable) start_next();
  ASSERT_TRUE(next) << m_log.text();
  EXPECT_TRUE(says(*next, "ready"));
  next->destroy();
  if (sandbox) {
    EXPECT_TRUE(still_running(before).empty()) << "processes of the program that hung";
    sandbox->destroy();
  }
}

TEST_P(ExecFaultAtEachCall, GarbageBeforeTheAnswerIsLoggedAndDoesNoHarm) {
  const std::string name = GetParam();
  set_fault("talks_garbage", name);
  const auto sandbox = start_if_needed();
  const auto descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = descriptors();
  EXPECT_EQ(code_of([&] { call(name, sandbox.get(), 20s); }), std::nullopt) << m_log.text();
  EXPECT_TRUE(has_happened());
  EXPECT_TRUE(log_will_say("expected a JSON object, got")) << m_log.text();
  EXPECT_TRUE(log_will_say("a request that does not wait: 999999"));
  EXPECT_TRUE(log_will_say("a packet is larger than 65536 bytes"));
  EXPECT_TRUE(log_will_say("more than 4 descriptors"));
  if (name != "hello" && name != "start" && name != "destroy") {
    // The threads that read from a shell that was replaced close their ends by themselves.
    EXPECT_TRUE(eventually([&] { return descriptors() == before; })) << descriptors() << ", before " << before;
  }
  if (sandbox) sandbox->destroy();
}

INSTANTIATE_TEST_SUITE_P(Calls, ExecFaultAtEachCall,
                         ::testing::Values("hello", "probe", "start", "restart_shell", "snapshot", "sweep", "destroy"),
                         [](const auto& one) { return std::string(one.param); });

class ExecWrongAnswer : public ExecFault {
 protected:
  void expect_error(const std::string& fault, const std::string& at, ErrorCode code, const std::string& text) {
    SCOPED_TRACE(fault + " at " + at);
    fs::remove(m_folder.file("happened"));
    end_backend();
    set_fault(fault, at);
    const auto sandbox = at == "start" ? nullptr : backend().start(spec());
    try {
      call(at, sandbox.get(), 2s);
      ADD_FAILURE() << "it threw nothing";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      EXPECT_THAT(std::string(error.what()), HasSubstr(text));
    }
    EXPECT_TRUE(has_happened());
    // The program is the same, and so is the sandbox.
    EXPECT_FALSE(log_says("the program ended")) << m_log.text();
    if (sandbox && at != "restart_shell") {
      EXPECT_EQ(code_of([&] { sandbox->snapshot(SnapshotRequest()); }), std::nullopt);
    }
    backend().start(spec())->destroy();
    if (sandbox) sandbox->destroy();
  }
};

TEST_F(ExecWrongAnswer, NamesWhatIsWrong) {
  expect_error("answers_without_descriptors", "start", ErrorCode::internal, "expected two descriptors");
  expect_error("answers_with_many_descriptors", "start", ErrorCode::internal, "got 4");
  expect_error("answers_with_files", "start", ErrorCode::internal, "expected a terminal and a pipe");
  expect_error("answers_with_half_a_terminal", "start", ErrorCode::internal, "for reading and writing");
  expect_error("answers_without_descriptors", "restart_shell", ErrorCode::internal, "expected two descriptors");
  expect_error("answers_without_descriptors", "snapshot", ErrorCode::internal, "expected one descriptor");
  expect_error("answers_with_many_descriptors", "snapshot", ErrorCode::internal, "got 4");
  expect_error("answers_with_garbage_as_tar", "snapshot", ErrorCode::internal, "it is not the archive of a home");
  expect_error("answers_with_an_endless_pipe", "snapshot", ErrorCode::timed_out, "no archive in time");
  expect_error("answers_with_wrong_types", "sweep", ErrorCode::internal, "\"removed\"");
  expect_error("answers_with_wrong_types", "probe", ErrorCode::unavailable, "\"limits\"");
  expect_error("answers_with_an_error", "start", ErrorCode::busy, "no room");
}

TEST_F(ExecWrongAnswer, WhatPythonCannotSendIsAnErrorOfTheCall) {
  for (const auto& [removed, text] : std::map<std::string, std::string>{{"no JSON", "type set is not JSON"},
                                                                        {"no number", "not JSON compliant"},
                                                                        {"too large", "at most 65536 bytes"}}) {
    end_backend();
    set("removed", removed);
    try {
      backend().sweep("nobody", {});
      ADD_FAILURE() << removed;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::internal);
      EXPECT_THAT(std::string(error.what()), HasSubstr(text));
    }
    backend().start(spec())->destroy();
    EXPECT_FALSE(log_says("the program ended")) << m_log.text();
  }
}

TEST_F(ExecWrongAnswer, AnErrorKeepsItsHint) {
  set_fault("answers_with_an_error", "start");
  try {
    backend().start(spec());
    ADD_FAILURE() << "it started";
  } catch (const Error& error) {
    EXPECT_EQ(error.hint(), "make some");
  }
}

using ExecLife = ExecFault;

TEST_F(ExecLife, AWrongSettingIsReportedWithItsPlace) {
  set("size", "x");
  const Capabilities capabilities = backend().probe();
  EXPECT_FALSE(capabilities.usable);
  EXPECT_THAT(capabilities.reason, HasSubstr("config.json:1:"));
  EXPECT_THAT(capabilities.reason, HasSubstr(": settings.size: expected a whole number, got \"x\""));
  EXPECT_EQ(code_of([&] { backend().start(spec()); }), ErrorCode::bad_config);
}

TEST_F(ExecLife, AStartTellsItsProgress) {
  SandboxSpec slow = spec();
  slow.options = read_json(R"({"progress": ["Looking for a machine", "Loading the \u00fcbung"]})", "config.json");
  std::vector<std::string> sentences;
  slow.progress = [&](std::string_view sentence) { sentences.emplace_back(sentence); };
  const auto sandbox = backend().start(slow);
  EXPECT_THAT(sentences, ::testing::ElementsAre("Looking for a machine", "Loading the \u00fcbung"));
  EXPECT_FALSE(log_says("is not an answer")) << m_log.text();
  sandbox->destroy();
}

TEST_F(ExecLife, AStartIsCancelled) {
  set("cancelled", m_folder.file("cancelled"));
  SandboxSpec slow = spec();
  slow.options = read_json(R"({"wait": true})", "config.json");
  const Descriptor event(eventfd(0, EFD_CLOEXEC));
  slow.cancelled = event.get();
  slow.progress = [&](std::string_view) { eventfd_write(event.get(), 1); };
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(code_of([&] { backend().start(slow); }), ErrorCode::gone);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
  EXPECT_TRUE(eventually([&] { return fs::exists(m_folder.file("cancelled")); })) << "the program learns of it";
  EXPECT_FALSE(log_says("it answers nothing")) << m_log.text();
  backend().start(spec())->destroy();
}

TEST_F(ExecLife, AWrongOptionOfATaskIsReportedWithItsPlace) {
  SandboxSpec wrong = spec();
  wrong.options = read_json(R"({"wrong": ["good", "bad"]})", "study.json");
  try {
    backend().start(wrong);
    ADD_FAILURE() << "it started";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "study.json:1:20: wrong[1]: expected an image that exists");
  }
}

TEST_F(ExecLife, AProgramSaysHowLongAStartTakesAndWhereItsProcessesAre) {
  EXPECT_TRUE(backend().probe().processes_are_visible);
  EXPECT_EQ(backend().probe().start_deadline, Capabilities().start_deadline);
  end_backend();
  set("probe", json::object{{"processes_are_visible", false}, {"start_deadline_ms", 300'000}});
  EXPECT_FALSE(backend().probe().processes_are_visible);
  EXPECT_EQ(backend().probe().start_deadline, 5min);
  end_backend();
  set("probe", json::object{{"start_deadline_ms", "long"}});
  EXPECT_THAT(backend().probe().reason, HasSubstr("expected a whole number from 0 as \"start_deadline_ms\""));
}

TEST_F(ExecLife, AStateComesFromTheProgram) {
  EXPECT_EQ(backend().start(spec())->state(), "");
  end_backend();
  set("state", "machine 7");
  const auto sandbox = backend().start(spec());
  EXPECT_EQ(sandbox->state(), "machine 7");
  sandbox->destroy();
}

TEST_F(ExecLife, AHomeThatIsUnchangedIsNotSent) {
  set("home_version", "v1");
  set("asked", m_folder.file("asked"));
  const auto asked = [&] { return json::parse(read_text(m_folder.file("asked"))); };
  const auto sandbox = backend().start(spec());
  SnapshotRequest request;
  request.deadline = 20s;
  request.content_of = {"a", "b/c"};
  const FileTree first = sandbox->snapshot(request);
  EXPECT_EQ(first.version, "v1");
  EXPECT_FALSE(first.unchanged);
  EXPECT_EQ(asked(), json::value({{"content_of", {"a", "b/c"}}}));
  request.unless = first.version;
  request.content_of = {"\xff is no text"};
  const FileTree second = sandbox->snapshot(request);
  EXPECT_TRUE(second.unchanged);
  EXPECT_TRUE(second.root.children.empty());
  EXPECT_EQ(asked(), json::value({{"unless", "v1"}})) << "a name that is no text cannot be sent";
  request.unless = "another";
  EXPECT_FALSE(sandbox->snapshot(request).unchanged);
  sandbox->destroy();
}

TEST_F(ExecLife, NothingCanBeUnchangedSinceNothing) {
  set("says_unchanged", json::value(true));
  const auto sandbox = backend().start(spec());
  try {
    SnapshotRequest request;
    request.deadline = 20s;
    sandbox->snapshot(request);
    ADD_FAILURE() << "it threw nothing";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::internal);
    EXPECT_THAT(std::string(error.what()), HasSubstr("expected \"unchanged\" only as the answer to \"unless\""));
  }
  sandbox->destroy();
}

TEST_F(ExecLife, AnotherVersionOfTheProtocolIsRefused) {
  set("version", json::value(2));
  EXPECT_THAT(backend().probe().reason, HasSubstr("expected version 1 of the protocol, got 2"));
}

TEST_F(ExecLife, AProgramThatDoesNotExistIsNamed) {
  const Capabilities capabilities = make_backend(R"({"command": ["./none"]})")->probe();
  EXPECT_FALSE(capabilities.usable);
  EXPECT_THAT(capabilities.reason, HasSubstr(m_folder.file("none")));
  EXPECT_THAT(capabilities.reason, HasSubstr("No such file or directory"));
}

TEST_F(ExecLife, AProgramThatClosesItsSocketIsStartedAgain) {
  set_fault("closes_its_socket", "snapshot");
  const auto sandbox = backend().start(spec());
  EXPECT_EQ(code_of([&] { sandbox->snapshot(SnapshotRequest()); }), ErrorCode::unavailable);
  backend().start(spec())->destroy();
}

TEST_F(ExecLife, AProgramThatTalksWithoutEndFillsNoLog) {
  set_fault("talks_without_end", "snapshot");
  const auto sandbox = backend().start(spec());
  SnapshotRequest request;
  request.deadline = 20s;
  sandbox->snapshot(request);
  EXPECT_LE(m_log.lines().size(), 110U);
  sandbox->destroy();
}

TEST_F(ExecLife, AnUnansweredCallDelaysNoOther) {
  set_fault("answers_nothing", "start", false);
  EXPECT_TRUE(backend().probe().usable);
  EXPECT_EQ(code_of([&] { backend().start(spec(100ms)); }), ErrorCode::timed_out);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(code_of([&] { backend().sweep("nobody", {}); }), std::nullopt);
  EXPECT_FALSE(log_says("it answers nothing"));
}

TEST_F(ExecLife, AProgramThatIsOnlySlowLivesOn) {
  set_fault("answers_nothing", "snapshot", false);
  const auto sandbox = backend().start(spec());
  SnapshotRequest request;
  request.deadline = 100ms;
  EXPECT_EQ(code_of([&] { sandbox->snapshot(request); }), ErrorCode::timed_out);
  // Nothing is asked meanwhile. A program that hangs is killed after 6 s, but this one answers each ping at once.
  for (int step = 0; step < 20; ++step) {
    m_clock.advance(500ms);
    ASSERT_FALSE(becomes_readable(sandbox->ended_descriptor(), 100ms)) << m_log.text();
  }
  EXPECT_FALSE(log_says("it answers nothing")) << m_log.text();
  sandbox->destroy();
}

TEST_F(ExecLife, ACallWaitsNoLongerForASlowStartThanItsDeadline) {
  const std::string release = m_folder.file("release");
  set_fault("is_slow", "hello");
  set("release", release);
  EXPECT_EQ(code_of([&] { backend().start(spec(100ms)); }), ErrorCode::timed_out);
  EXPECT_TRUE(eventually([&] { return has_happened(); }));
  EXPECT_EQ(code_of([&] { backend().start(spec(100ms)); }), ErrorCode::timed_out) << "it still starts";
  write_text(release, "");
  EXPECT_EQ(code_of([&] { backend().start(spec())->destroy(); }), std::nullopt);
  EXPECT_FALSE(log_says("the program ended")) << "it was started again: " << m_log.text();
}

TEST_F(ExecLife, AnEmptyPacketIsGarbageLikeAnyOther) {
  set_fault("sends_an_empty_packet", "snapshot");
  const auto sandbox = backend().start(spec());
  EXPECT_EQ(code_of([&] { sandbox->snapshot(SnapshotRequest()); }), std::nullopt) << m_log.text();
  EXPECT_TRUE(has_happened());
  EXPECT_TRUE(log_will_say("expected a JSON object, got")) << m_log.text();
  sandbox->destroy();
}

TEST_F(ExecLife, WhatAProgramSaysLastIsInTheLogHoweverMuchItIs) {
  set_fault("says_much_and_crashes", "probe");
  EXPECT_FALSE(backend().probe().usable);
  EXPECT_TRUE(log_will_say("about to crash")) << m_log.lines().size() << " lines";
}

TEST_F(ExecLife, AShortageOfDescriptorsIsNamedAndPasses) {
  int failures = 0;
  bool is_usable = false;
  // As many descriptors are free as the next step of a start needs, one after the other.
  for (rlim_t free = 0; free < 40 && !is_usable; ++free) {
    end_backend();
    backend();
    std::string reason;
    {
      const NoDescriptors none;
      rlimit limit{};
      ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
      limit.rlim_cur += free;
      ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
      const Capabilities capabilities = backend().probe();
      is_usable = capabilities.usable;
      reason = capabilities.reason;
    }
    if (is_usable) break;
    ++failures;
    EXPECT_THAT(reason, AnyOf(HasSubstr("Too many open files"), HasSubstr("no free descriptor"))) << free;
    EXPECT_EQ(backend().probe().reason, "") << free;
  }
  EXPECT_TRUE(is_usable);
  EXPECT_GT(failures, 12) << "sockets, pipes and their copies";
}

TEST_F(ExecLife, ASandboxThatStartsTooLateIsDestroyed) {
  set_fault("answers_after_destroy", "start");
  EXPECT_TRUE(backend().probe().usable);
  EXPECT_EQ(code_of([&] { backend().start(spec(100ms)); }), ErrorCode::timed_out);
  // The program makes the home after it was told to destroy it, and has to be told again before it answers the second.
  for (int i = 0; i < 2; ++i) EXPECT_EQ(code_of([&] { backend().sweep("nobody", {}); }), std::nullopt);
  EXPECT_TRUE(fs::exists(m_folder.file("happened.late")));
  EXPECT_TRUE(fs::is_empty(homes()));
}

TEST_F(ExecLife, DestroyInterruptsACallThatIsNotAnswered) {
  set_fault("answers_nothing", "snapshot");
  const auto sandbox = backend().start(spec());
  std::atomic<bool> is_gone = false;
  std::thread caller([&] {
    SnapshotRequest request;
    request.deadline = 60s;
    is_gone = code_of([&] { sandbox->snapshot(request); }) == ErrorCode::gone;
  });
  EXPECT_TRUE(eventually([&] { return has_happened(); }));
  const auto began = std::chrono::steady_clock::now();
  sandbox->destroy();
  caller.join();
  EXPECT_TRUE(is_gone);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(ExecLife, AProgramThatCrashesAgainAndAgainIsStartedLessOften) {
  set_fault("crashes", "probe", false);
  std::vector<Seconds> took;
  for (int i = 0; i < 5; ++i) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(backend().probe().usable);
    took.emplace_back(std::chrono::steady_clock::now() - began);
  }
  EXPECT_GE(took[4].count(), 0.9) << "the fourth pause is a second";
}

TEST_F(ExecLife, AShellEndsAsTheProgramSays) {
  const auto status_of = [&](const std::string& end) {
    end_backend();
    set("end", end);
    const auto sandbox = backend().start(spec());
    EXPECT_TRUE(says(*sandbox, "ready"));
    EXPECT_FALSE(sandbox->ended());
    EXPECT_EQ(write(sandbox->terminal(), "\x04", 1), 1);
    EXPECT_TRUE(becomes_readable(sandbox->ended_descriptor()));
    EXPECT_TRUE(becomes_readable(sandbox->ended_descriptor()));
    const auto status = sandbox->ended().value_or(ExitStatus(false, -1));
    sandbox->destroy();
    return std::to_string(status.by_signal) + " " + std::to_string(status.status);
  };
  EXPECT_EQ(status_of("exit 42\n"), "0 42");
  EXPECT_EQ(status_of("signal 15\n"), "1 15");
  EXPECT_EQ(status_of(""), "1 9") << "without a line, it has ended with the program";
  EXPECT_EQ(status_of("exit 4242\n"), "1 9");
  EXPECT_EQ(status_of(std::string(100, 'x')), "1 9");
}

TEST_F(ExecLife, TheProgramGetsNothingOfTheHosts) {
  const Descriptor inheritable(open("/etc/passwd", O_RDONLY));
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  signal(SIGPIPE, SIG_IGN);
  const auto processes = descendants(getpid());
  backend().start(spec())->destroy();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::string program;
  for (const auto& [process, start] : descendants(getpid())) {
    const std::string folder = "/proc/" + std::to_string(process);
    if (read_text(folder + "/cmdline").find("faulty.py") == std::string::npos) continue;
    if (read_text(folder + "/cmdline").find("exec_supervisor") != std::string::npos) continue;
    program = folder;
  }
  ASSERT_FALSE(program.empty());
  std::map<std::string, std::string> descriptors;
  for (const auto& entry : fs::directory_iterator(program + "/fd")) {
    std::error_code gone;
    descriptors[entry.path().filename()] = fs::read_symlink(entry.path(), gone).string();
  }
  EXPECT_EQ(descriptors["0"], "/dev/null");
  EXPECT_THAT(descriptors["1"], HasSubstr("pipe:"));
  EXPECT_THAT(descriptors["3"], HasSubstr("socket:"));
  for (const auto& [number, target] : descriptors) EXPECT_NE(target, "/etc/passwd") << number;
  EXPECT_THAT(read_text(program + "/status"), HasSubstr("SigBlk:\t0000000000000000"));
  const pid_t number = std::stoi(program.substr(6));
  EXPECT_EQ(getpgid(number), number) << "a process group of its own";
}

TEST_F(ExecLife, TheEndOfTheBackendEndsAProgramThatHangs) {
  set_fault("hangs", "snapshot");
  const auto before = descendants(getpid());
  auto sandbox = backend().start(spec());
  SnapshotRequest request;
  request.deadline = 100ms;
  EXPECT_EQ(code_of([&] { sandbox->snapshot(request); }), ErrorCode::timed_out);
  sandbox.reset();
  const auto began = std::chrono::steady_clock::now();
  end_backend();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 6s);
  EXPECT_EQ(still_running(descendants(getpid())), still_running(before));
}

}  // namespace
}  // namespace tellina::testing
