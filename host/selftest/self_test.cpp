#include "host/selftest/self_test.hpp"

#include <optional>
#include <utility>

#include "host/gateway/lane.hpp"
#include "host/gateway/response.hpp"
#include "host/limits.hpp"
#include "host/selftest/scenario.hpp"
#include "host/wire/self_test_messages.hpp"

namespace tellina {
namespace {

WorkerRequest request(const char* step) {
  WorkerRequest request(WorkerRequest::Method::self_test);
  request.step = step;
  return request;
}

Response to_response(const SelfTestReport& report) {
  Response response(report.passed() ? 200 : 500, "text/html; charset=utf-8", self_test_page(report));
  response.with("Cache-Control", "no-store");
  return response.with("Content-Security-Policy", std::string(page_content_security_policy));
}

SelfTestReport stopped() { return SelfTestReport::failure("The self-test", "the server is stopping"); }

void judge_removal(SelfTestStep& step, const WorkerReply& reply) {
  step.outcome = SelfTestStep::Outcome::failed;
  if (reply.status != 200) {
    step.reason = "the worker answered " + std::to_string(reply.status) + ": " + reply.body;
  } else if (const auto left = decode_sandboxes_left(reply.body); left != 0U) {
    step.reason = "sandboxes that remained and were removed now: " + (left ? std::to_string(*left) : "unknown");
  } else {
    step.outcome = SelfTestStep::Outcome::passed;
  }
}

}  // namespace

SelfTest::SelfTest(GatewayConfig config, ChannelLayer& layer, std::vector<AsioLoop*> loops, Clock& clock,
                   Random& random, Log& log)
    : m_config(std::move(config)),
      m_layer(layer),
      m_loops(std::move(loops)),
      m_clock(clock),
      m_random(random),
      m_log(log) {
  m_config.address = "127.0.0.1";
  m_config.port = 0;
}

void SelfTest::run(Lane& lane, Answer answer) {
  if (is_stopped()) return answer(to_response(stopped()));
  {
    const std::lock_guard lock(m_mutex);
    m_waiting.emplace_back(lane, std::move(answer));
    if (m_waiting.size() > 1) return;
  }
  m_log.info("the self-test starts");
  lane.ask(request(self_test_step::begin), [this, &lane](const WorkerReply& reply) { begin(lane, reply); });
}

void SelfTest::begin(Lane& lane, const WorkerReply& reply) {
  const std::optional<SelfTestEntry> entry = reply.status == 200 ? decode_self_test_entry(reply.body) : std::nullopt;
  if (!entry) {
    return conclude(SelfTestReport::failure(
        "A worker answers",
        "status " + std::to_string(reply.status) + ": " + reply.body + "; is a worker running with --test-mode?"));
  }
  if (is_stopped()) return conclude(stopped());
  const std::lock_guard lock(m_mutex);
  // The thread of the previous self-test has finished its work.
  m_thread = std::jthread(
      [this, &lane, prefix = entry->channel_prefix, code = entry->access_code](const std::stop_token& stop) {
        SelfTestReport report = play(prefix, code, stop);
        lane.loop().post([this, &lane, prefix, report = std::move(report)] { complete(lane, prefix, report); });
      });
}

SelfTestReport SelfTest::play(const std::string& channel_prefix, const std::string& access_code,
                              const std::stop_token& stop) {
  GatewayConfig config = m_config;
  config.channel_prefix = channel_prefix;
  config.id = random_token(m_random, 6);
  try {
    Gateway gateway(config, m_layer, m_loops, m_clock, m_random, m_log);
    const std::uint16_t port = gateway.start();
    return play_self_test(SelfTestTarget(port, access_code), m_clock, limits::self_test_play, stop);
  } catch (const std::exception& error) {
    return SelfTestReport::failure("A gateway starts", error.what());
  }
}

void SelfTest::complete(Lane& lane, const std::string& channel_prefix, SelfTestReport report) {
  if (is_stopped()) return;
  const ChannelName channel(channel_prefix + "http.request");
  report.steps.emplace_back("All sandboxes were removed");
  const bool is_good =
      report.steps.size() > 1 && report.steps[report.steps.size() - 2].outcome == SelfTestStep::Outcome::passed;
  const auto ask_for_log = [this, &lane, channel](const SelfTestReport& failed) {
    lane.ask(channel, request(self_test_step::log), limits::self_test_reply,
             [this, failed = SelfTestReport(failed)](const WorkerReply& reply) mutable {
               failed.log = decode_log_lines(reply.body);
               conclude(failed);
             });
  };
  if (!is_good) return ask_for_log(report);
  const MonotonicTime asked = m_clock.now();
  lane.ask(channel, request(self_test_step::removed), limits::self_test_reply,
           [this, report, asked, ask_for_log](const WorkerReply& reply) mutable {
             SelfTestStep& step = report.steps.back();
             judge_removal(step, reply);
             step.took = m_clock.now() - asked;
             if (!report.passed()) return ask_for_log(report);
             conclude(report);
           });
}

void SelfTest::conclude(const SelfTestReport& report) {
  std::vector<Waiting> waiting;
  {
    const std::lock_guard lock(m_mutex);
    waiting = std::exchange(m_waiting, {});
  }
  if (waiting.empty()) return;
  if (report.passed())
    m_log.info("the self-test passed");
  else
    m_log.error("the self-test failed");
  for (Waiting& each : waiting) {
    each.lane->loop().post([answer = std::move(each.answer), response = to_response(report)] { answer(response); });
  }
}

bool SelfTest::is_stopped() {
  const std::lock_guard lock(m_mutex);
  return m_is_stopped;
}

void SelfTest::stop() {
  {
    const std::lock_guard lock(m_mutex);
    if (std::exchange(m_is_stopped, true)) return;
  }
  m_thread.request_stop();
  if (m_thread.joinable()) m_thread.join();
  conclude(stopped());
}

}  // namespace tellina
