#include "host/gateway/metrics.hpp"

#include <functional>
#include <map>
#include <string_view>

namespace tellina {
namespace {

class Family {
 public:
  const char* name;
  const char* type;
  const char* help;
};

/// The metrics that workers report, in the order of the output. docs/protocol.md has the same list.
constexpr Family families[] = {
    {"tellina_study_participants", "gauge", "Participants who may log in, by their progress."},
    {"tellina_study_task_sessions", "counter", "Tasks that have ended, by task and outcome."},
    {"tellina_worker_connections", "gauge", "Connections that a worker serves."},
    {"tellina_worker_sessions", "gauge", "Participants whose sessions a worker runs."},
    {"tellina_worker_messages", "counter", "Messages that a worker has handled."},
    {"tellina_worker_overtakings", "counter", "Messages that the ordering policy started before an earlier one."},
    {"tellina_sandboxes", "gauge", "Sandboxes by state."},
    {"tellina_sandbox_failures", "counter", "Sandboxes that could not be started."},
    {"tellina_sandbox_start_seconds", "histogram", "How long sandboxes took to start."},
    {"tellina_key_to_echo_seconds", "histogram", "From input at the worker to the next output of its terminal."},
    {"tellina_store_commit_seconds", "histogram", "How long commits to the database took."},
    {"tellina_store_bytes", "gauge", "Size of the database and of its write-ahead log."},
    {"tellina_store_disk_free_bytes", "gauge", "Free space on the disk of the database."},
    {"process_cpu_seconds", "counter", "Processor time of a process."},
    {"process_resident_memory_bytes", "gauge", "Resident memory of a process."},
    {"process_virtual_memory_bytes", "gauge", "Virtual memory of a process."},
    {"process_open_fds", "gauge", "Open file descriptors of a process."},
    {"process_max_fds", "gauge", "Most file descriptors that a process may open."},
    {"process_start_time_seconds", "gauge", "When a process started, in seconds since 1970."},
};

bool is_plugin_family(std::string_view name) {
  constexpr std::string_view prefix = "tellina_plugin_";
  return name.size() > prefix.size() && name.starts_with(prefix) &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

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

  void build() {
    begin("", "tellina_build", "info", "The program's version.");
    m_text.append("tellina_build_info{version=\"" TELLINA_VERSION "\"} 1\n");
  }

  void samples(const Family& known, const std::vector<MetricSample>& all) {
    begin("", known.name, known.type, known.help);
    for (const MetricSample& sample : all) {
      if (sample.family != known.name) continue;
      m_text.append(sample.family).append(sample.suffix).append(sample.labels);
      m_text.append(" ").append(metric_number(sample.value)).append("\n");
    }
  }

  /// The figures of plugins, whose names only their process knows.
  void plugins(const std::vector<MetricSample>& all) {
    std::map<std::string_view, std::vector<const MetricSample*>> by_name;
    for (const MetricSample& sample : all) {
      if (is_plugin_family(sample.family)) by_name[sample.family].push_back(&sample);
    }
    for (const auto& [name, samples] : by_name) {
      const std::string& suffix = samples.front()->suffix;
      begin("", name, suffix.empty() ? "gauge" : "counter", samples.front()->help);
      for (const MetricSample* sample : samples) {
        // Two plugins may use one name for different things. Only one of them can be in this family.
        if (sample->suffix != suffix) continue;
        m_text.append(name).append(suffix).append(sample->labels);
        m_text.append(" ").append(metric_number(sample->value)).append("\n");
      }
    }
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

std::string render_metrics(const std::vector<const Metrics*>& loops, const std::vector<MetricSample>& samples) {
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
  renderer.single("refused_connections", "counter",
                  "Connections refused because an address, a participant or all together had too many.",
                  &Metrics::refused_connections);
  renderer.single("closed_for_others", "counter", "Idle HTTP connections that were closed because few were left.",
                  &Metrics::closed_for_others);
  renderer.single("failed_logins", "counter", "Logins with an unknown access code.", &Metrics::failed_logins);
  renderer.single("logins_waiting", "gauge", "Logins that the limit for unknown access codes holds back now.",
                  &Metrics::logins_waiting);
  renderer.single("input_stalls", "counter", "Times that reading from a socket paused because its window was full.",
                  &Metrics::input_stalls);
  renderer.single("full_channels", "counter", "Messages that the channel layer had no room for.",
                  &Metrics::full_channels);
  renderer.single("accept_timeouts", "counter", "Connections that no worker accepted in time.",
                  &Metrics::accept_timeouts);
  renderer.single("slow_readers", "counter", "Connections closed because too much output was unwritten.",
                  &Metrics::slow_readers);
  for (const Family& family : families) renderer.samples(family, samples);
  renderer.plugins(samples);
  renderer.build();
  return std::move(renderer).finish();
}

}  // namespace tellina
