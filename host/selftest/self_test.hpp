#pragma once

/// The gateway's half of the self-test: the handler of `GET /test`.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/gateway/gateway.hpp"
#include "host/selftest/report.hpp"

namespace tellina {

class WorkerReply;

/// Plays a participant through the whole stack: a second gateway, on the same loops and channel layer, at a free port
/// of the loopback address; a worker's lanes for self-tests (see SelfTestWorker); their sandboxes and checks. A worker
/// in test mode reports the channels of those lanes. One self-test runs at a time; concurrent requests get its result.
///
/// Threads: run() on a lane's loop; all other functions on the gateway's thread.
/// Lifetime: call stop() before the gateway's stop(), because requests wait for the result. The loops must run until
/// stop() has returned.
class SelfTest {
 public:
  using Answer = std::function<void(Response)>;

  /// `config`: of the gateway that the participants use.
  SelfTest(GatewayConfig config, ChannelLayer& layer, std::vector<AsioLoop*> loops, Clock& clock, Random& random,
           Log& log);
  SelfTest(const SelfTest&) = delete;
  SelfTest& operator=(const SelfTest&) = delete;
  ~SelfTest() { stop(); }

  /// Calls `answer` on the lane's loop within 30 s: with status 200 and "Tests passed", or with 500 and the failure.
  void run(Lane& lane, Answer answer);
  /// Ends a running self-test and answers every waiting request. Later calls of run() are answered at once.
  void stop();

 private:
  class Waiting {
   public:
    Waiting(Lane& lane_, Answer answer_) : lane(&lane_), answer(std::move(answer_)) {}
    Lane* lane;
    Answer answer;
  };

  void begin(Lane& lane, const WorkerReply& reply);
  SelfTestReport play(const std::string& channel_prefix, const std::string& access_code, const std::stop_token& stop);
  /// Asks the worker for the parts of the report that only the worker knows.
  void complete(Lane& lane, const std::string& channel_prefix, SelfTestReport report);
  void conclude(const SelfTestReport& report);
  bool is_stopped();

  GatewayConfig m_config;
  ChannelLayer& m_layer;
  const std::vector<AsioLoop*> m_loops;
  Clock& m_clock;
  Random& m_random;
  Log& m_log;

  std::mutex m_mutex;
  std::vector<Waiting> m_waiting;
  bool m_is_stopped = false;
  std::jthread m_thread;
};

}  // namespace tellina
