#include "host/gateway/scrape.hpp"

#include <boost/json.hpp>

#include <memory>
#include <utility>

#include "host/gateway/metrics.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds worker_timeout{1000};

std::string string_of(const json::value& value) { return std::string(value.get_string().c_str()); }

/// Whether it can stand in a line of the text as it is.
bool is_word(const json::value& value) {
  return value.is_string() && value.get_string().find('\n') == json::string::npos;
}

std::vector<MetricSample> samples_of(const json::object& body) {
  const json::value* samples = body.if_contains("samples");
  return samples ? parse_metric_samples(json::serialize(*samples)) : std::vector<MetricSample>();
}

json::object object_of(const WorkerReply& reply) {
  boost::system::error_code error;
  json::value body = reply.status == 200 ? json::parse(reply.body, error) : json::value();
  return !error && body.is_object() ? std::move(body.get_object()) : json::object();
}

/// One scrape under way. Threads: the lane's loop.
class Scrape : public std::enable_shared_from_this<Scrape> {
 public:
  Scrape(Lane& lane, std::function<void(std::string)> answer) : m_lane(lane), m_answer(std::move(answer)) {}

  void start() {
    if (!m_lane.state().layer.is_process_local()) m_samples.add_process("gateway", m_lane.state().clock);
    take(m_samples.all());
    const json::object question{{"method", "study_numbers"}};
    m_lane.ask(question,
               [self = shared_from_this()](const WorkerReply& reply) { self->ask_workers(object_of(reply)); });
  }

 private:
  void ask_workers(const json::object& study) {
    take(samples_of(study));
    std::vector<ChannelName> channels;
    const json::value* workers = study.if_contains("workers");
    for (const json::value& worker : workers && workers->is_array() ? workers->get_array() : json::array()) {
      const std::string channel =
          m_lane.state().config.channel_prefix + "worker." + (worker.is_string() ? string_of(worker) : "");
      if (!ChannelName::find_fault(channel)) channels.emplace_back(channel);
    }
    m_awaited = channels.size() + 1;
    const json::object question{{"method", "numbers"}};
    for (const ChannelName& channel : channels) {
      m_lane.ask(channel, question, worker_timeout, [self = shared_from_this()](const WorkerReply& reply) {
        self->take(samples_of(object_of(reply)));
        self->finish_one();
      });
    }
    finish_one();
  }

  void take(const std::vector<MetricSample>& samples) { m_all.insert(m_all.end(), samples.begin(), samples.end()); }

  void finish_one() {
    if (--m_awaited > 0) return;
    std::vector<const Metrics*> loops;
    for (const auto& lane : m_lane.state().lanes) loops.push_back(&lane->metrics());
    m_answer(render_metrics(loops, m_all));
  }

  Lane& m_lane;
  const std::function<void(std::string)> m_answer;
  MetricSamples m_samples;
  std::vector<MetricSample> m_all;
  std::size_t m_awaited = 0;
};

}  // namespace

std::vector<MetricSample> parse_metric_samples(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  const json::array* list = error ? nullptr : value.if_array();
  if (!list) return {};
  std::vector<MetricSample> samples;
  for (const json::value& entry : *list) {
    const json::array* fields = entry.if_array();
    if (!fields || fields->size() != 4) return {};
    const json::array& field = *fields;
    if (!is_word(field[0]) || !is_word(field[1]) || !is_word(field[2]) || !field[3].is_number()) return {};
    samples.push_back({string_of(field[0]), string_of(field[1]), string_of(field[2]), field[3].to_number<double>()});
  }
  return samples;
}

void scrape(Lane& lane, std::function<void(std::string)> answer) {
  std::make_shared<Scrape>(lane, std::move(answer))->start();
}

}  // namespace tellina
