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

/// Runs the self-test's lanes with the study's plugins, loops and threads, but with a separate study, separate
/// channels, and a separate database in a temporary folder. So the study's record has nothing of it, and its messages
/// never mix with those of participants. Only the list of workers in the study's database names its lanes, so that the
/// next start removes the sandboxes of a self-test that a crash interrupted.
///
/// Threads: constructor and destructor on one thread; answer() on any loop.
/// Lifetime: its lanes and the parts of the environment outlive it.
class SelfTestWorker {
 public:
  using Reply = std::function<void(Bytes)>;

  /// Uses parts of the environment of one of the study's lanes. Throws StoreError, and Error(unavailable) if it cannot
  /// create a temporary folder.
  explicit SelfTestWorker(SessionEnvironment& study);
  SelfTestWorker(const SelfTestWorker&) = delete;
  SelfTestWorker& operator=(const SelfTestWorker&) = delete;
  ~SelfTestWorker();

  /// Creates the environment of one of the self-test's lanes, which runs on `loop`.
  SessionEnvironment make_environment(Loop& loop, const std::string& worker);

  /// Returns a function that calls answer(), for the lanes' environments.
  std::function<void(Loop&, const std::string&, Reply)> handler();

  /// Runs a step of the self-test (see host/wire/self_test_messages.hpp) and replies on the loop that asked.
  void answer(Loop& loop, const std::string& step, Reply reply);

 private:
  /// Forwards every line, and keeps warnings and errors.
  class CollectingLog final : public Log {
   public:
    explicit CollectingLog(Log& log) : m_log(log) {}
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
  const std::string m_sandbox_settings;
  const std::shared_ptr<BackendFacts> m_backend_facts;
  const std::shared_ptr<const std::map<std::string, Bytes>> m_shell_files;
  const std::string m_prefix;
  CollectingLog m_log;
  TemporaryFolder m_folder{"self-test"};
  std::unique_ptr<Store> m_store;
  std::shared_ptr<const Study> m_study;
  std::vector<std::string> m_workers;
};

}  // namespace tellina
