#include "host/gateway/metrics.hpp"

#include <functional>
#include <string_view>

namespace tellina {
namespace {

class Renderer {
 public:
  explicit Renderer(const std::vector<const Metrics*>& loops) : m_loops(loops) {}

  void family(std::string_view name, std::string_view type, std::string_view help) {
    begin("tellina_gateway_", name, type, help);
  }

  void begin(std::string_view prefix, std::string_view name, std::string_view type, std::string_view help) {
    m_name = std::string(prefix).append(name);
    m_suffix = type == "counter" ? "_total" : "";
    m_text.append("# TYPE ").append(m_name).append(" ").append(type).append("\n");
    m_text.append("# HELP ").append(m_name).append(" ").append(help).append("\n");
  }

  void sample(std::string_view labels, const std::function<const Counter&(const Metrics&)>& counter) {
    std::int64_t sum = 0;
    for (const Metrics* loop : m_loops) sum += counter(*loop).value();
    value(labels, sum);
  }

  void value(std::string_view labels, std::int64_t number) {
    m_text.append(m_name).append(m_suffix).append(labels).append(" ").append(std::to_string(number)).append("\n");
  }

  void workers(std::string_view name, std::string_view type, std::string_view help, const WorkerTable::Rows& rows,
               std::int64_t WorkerNumbers::*number) {
    begin("tellina_worker_", name, type, help);
    // A channel's name needs no escapes.
    for (const auto& [worker, numbers] : rows) value("{worker=\"" + worker + "\"}", numbers.*number);
  }

  void single(std::string_view name, std::string_view type, std::string_view help, Counter Metrics::*counter) {
    family(name, type, help);
    sample("", [counter](const Metrics& loop) -> const Counter& { return loop.*counter; });
  }

  void pair(std::string_view name, std::string_view help, Counter Metrics::*in, Counter Metrics::*out) {
    family(name, "counter", help);
    sample("{direction=\"in\"}", [in](const Metrics& loop) -> const Counter& { return loop.*in; });
    sample("{direction=\"out\"}", [out](const Metrics& loop) -> const Counter& { return loop.*out; });
  }

  std::string finish() && { return std::move(m_text) + "# EOF\n"; }

 private:
  const std::vector<const Metrics*>& m_loops;
  std::string m_text;
  std::string m_name;
  std::string m_suffix;
};

}  // namespace

std::string render_metrics(const std::vector<const Metrics*>& loops, const WorkerTable::Rows& workers) {
  Renderer renderer(loops);
  renderer.single("http_connections", "gauge", "Open HTTP connections.", &Metrics::http_connections);
  renderer.single("websocket_connections", "gauge", "Open WebSockets.", &Metrics::websocket_connections);
  renderer.pair("frames", "WebSocket messages.", &Metrics::frames_in, &Metrics::frames_out);
  renderer.pair("frame_bytes", "Bytes in WebSocket messages.", &Metrics::bytes_in, &Metrics::bytes_out);
  renderer.family("http_requests", "counter", "Answered HTTP requests by class of status.");
  for (std::size_t digit = 1; digit <= 5; ++digit) {
    renderer.sample("{status=\"" + std::to_string(digit) + "xx\"}",
                    [digit](const Metrics& loop) -> const Counter& { return loop.answers[digit]; });
  }
  renderer.single("refused_connections", "counter", "Connections over the limit of their address.",
                  &Metrics::refused_connections);
  renderer.single("failed_logins", "counter", "Logins with an unknown access code.", &Metrics::failed_logins);
  renderer.single("input_stalls", "counter", "Times a socket was not read on because its window was full.",
                  &Metrics::input_stalls);
  renderer.single("full_channels", "counter", "Messages that the channel layer had no room for.",
                  &Metrics::full_channels);
  renderer.single("accept_timeouts", "counter", "Connections that no worker took in time.", &Metrics::accept_timeouts);
  renderer.single("slow_readers", "counter", "Connections closed with too much unwritten output.",
                  &Metrics::slow_readers);
  renderer.workers("connections", "gauge", "Connections that a worker has.", workers, &WorkerNumbers::connections);
  renderer.workers("sessions", "gauge", "Participants whom a worker has.", workers, &WorkerNumbers::sessions);
  renderer.workers("messages", "counter", "Messages that a worker has handled.", workers, &WorkerNumbers::messages);
  renderer.workers("overtakings", "counter", "Messages that the ordering policy started before an earlier one.",
                   workers, &WorkerNumbers::overtakings);
  return std::move(renderer).finish();
}

}  // namespace tellina
