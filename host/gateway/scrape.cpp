#include "host/gateway/scrape.hpp"

#include <memory>
#include <utility>

#include "host/gateway/metrics.hpp"
#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/plugin_figures.hpp"

namespace tellina {
namespace {

WorkerNumbers numbers_of(const WorkerReply& reply) {
  return reply.status == 200 ? decode_numbers(reply.body) : WorkerNumbers();
}

/// One pending scrape. Threads: the lane's loop.
class Scrape : public std::enable_shared_from_this<Scrape> {
 public:
  Scrape(Lane& lane, std::function<void(std::string)> answer) : m_lane(lane), m_answer(std::move(answer)) {}

  void start() {
    if (!m_lane.state().layer.is_process_local()) m_samples.add_process("gateway", m_lane.state().clock);
    if (const PluginFigures* figures = m_lane.state().config.plugin_figures) figures->add_to(m_samples, "gateway");
    take(m_samples.all());
    m_lane.ask(WorkerRequest(WorkerRequest::Method::study_numbers),
               [self = shared_from_this()](const WorkerReply& reply) { self->ask_workers(numbers_of(reply)); });
  }

 private:
  void ask_workers(const WorkerNumbers& study) {
    take(study.samples);
    std::vector<ChannelName> channels;
    for (const std::string& worker : study.workers) {
      const std::string channel = m_lane.state().config.channel_prefix + "worker." + worker;
      if (!ChannelName::find_fault(channel)) channels.emplace_back(channel);
    }
    m_awaited = channels.size() + 1;
    const WorkerRequest request(WorkerRequest::Method::numbers);
    for (const ChannelName& channel : channels) {
      m_lane.ask(channel, request, limits::scrape, [self = shared_from_this()](const WorkerReply& reply) {
        self->take(numbers_of(reply).samples);
        self->finish_one();
      });
    }
    finish_one();
  }

  void take(const std::vector<MetricSample>& samples) { m_all.insert(m_all.end(), samples.begin(), samples.end()); }

  void finish_one() {
    TELLINA_ASSERT_PROCESS(m_awaited > 0);
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

void scrape(Lane& lane, std::function<void(std::string)> answer) {
  std::make_shared<Scrape>(lane, std::move(answer))->start();
}

}  // namespace tellina
