#pragma once

/// The worker's half of the self-test.

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/runtime/files.hpp"
#include "host/session/environment.hpp"

namespace tellina {

/// Where the self-test plays: with the study's own plugins, loops and threads, but with a study and a database of its
/// own, in a temporary folder that goes with the object, and on channels of its own. So nothing that it does stands in
/// the study's record, and no participant's message meets one of its. Only the list of workers in the study's database
/// has its lanes, so that the next start puts away the sandboxes of a self-test that a crash interrupted.
///
/// Threads: the constructor's and destructor's own; answer() on any loop. Lifetime: its lanes, and all that it was
/// lent, outlive it.
class TestGround {
 public:
  using Reply = std::function<void(Bytes)>;

  /// What is lent by the environment of one of the study's lanes. Throws StoreError, and Error(unavailable) where there
  /// is no temporary folder.
  explicit TestGround(SessionEnvironment& study);
  TestGround(const TestGround&) = delete;
  TestGround& operator=(const TestGround&) = delete;
  ~TestGround();

  /// For a lane of the self-test on `loop`.
  SessionEnvironment make_environment(Loop& loop, const std::string& worker);

  /// answer(), for the environments of lanes.
  std::function<void(Loop&, const std::string&, Reply)> desk();

  /// Answers what the gateway asks, on the loop that asked: "begin" makes a participant and gives
  /// {"channel_prefix", "access_code"}; "removed" gives {"left": n}, how many sandboxes were not removed (they are
  /// now); "log" gives {"lines": [...]}, the warnings and errors since "begin".
  void answer(Loop& loop, const std::string& errand, Reply reply);

 private:
  /// Passes everything on, and remembers what is wrong.
  class Witness final : public Log {
   public:
    explicit Witness(Log& log) : m_log(log) {}
    void write(LogLevel level, std::string_view text) override;
    void forget();
    std::vector<std::string> lines() const;

   private:
    Log& m_log;
    mutable std::mutex m_mutex;
    std::deque<std::string> m_lines;
  };

  void begin(Loop& loop, const Reply& reply);
  void count_left(Loop& loop, const Reply& reply);

  BlockingPool& m_pool;
  Store& m_study_store;
  SandboxBackend& m_sandboxes;
  Random& m_random;
  const std::string m_sandbox_plugin;
  const std::string m_prefix;
  Witness m_log;
  TemporaryFolder m_folder{"self-test"};
  std::unique_ptr<Store> m_store;
  std::shared_ptr<const Study> m_study;
  std::vector<std::string> m_workers;
};

}  // namespace tellina
