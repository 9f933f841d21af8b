#include "host/runtime/plugin_figures.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "host/limits.hpp"

namespace tellina {
namespace {

using ::testing::HasSubstr;

std::string text_of(const PluginFigures& figures) {
  MetricSamples samples;
  figures.add_to(samples, "server");
  std::string text;
  for (const MetricSample& sample : samples.all()) {
    text += sample.family + sample.suffix + sample.labels + " " + metric_number(sample.value) +
            (sample.help.empty() ? "" : " # " + sample.help) + "\n";
  }
  return text;
}

std::string refusal(PluginMetrics& metrics, const std::string& name) {
  try {
    metrics.counter(name, "");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_request);
    return error.what();
  }
  return "";
}

TEST(PluginFigures, HaveTheirPluginsName) {
  PluginFigures figures;
  const PluginCounter lost = figures.of(PluginKind::channel_layer, "nats").counter("lost", "Lost messages.");
  const PluginGauge waiting = figures.of(PluginKind::sandbox, "pod").gauge("waiting", {});
  lost.add();
  lost.add(2);
  waiting.set(5);
  waiting.add(-7);
  EXPECT_EQ(text_of(figures),
            "tellina_plugin_lost_total{kind=\"channel_layer\",plugin=\"nats\",process=\"server\"} 3 # Lost messages.\n"
            "tellina_plugin_waiting{kind=\"sandbox\",plugin=\"pod\",process=\"server\"} -2\n");
}

TEST(PluginFigures, AreSharedByTheInstancesOfAPlugin) {
  PluginFigures figures;
  figures.of(PluginKind::sandbox, "pod").counter("starts", "one").add(1);
  figures.of(PluginKind::sandbox, "pod").counter("starts", "two").add(1);
  figures.of(PluginKind::ordering_policy, "pod").counter("starts", {}).add(7);
  EXPECT_EQ(text_of(figures),
            "tellina_plugin_starts_total{kind=\"ordering\",plugin=\"pod\",process=\"server\"} 7\n"
            "tellina_plugin_starts_total{kind=\"sandbox\",plugin=\"pod\",process=\"server\"} 2 # one\n");
}

TEST(PluginFigures, AreCountedByAllThreads) {
  PluginFigures figures;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) figures.of(PluginKind::sandbox, "pod").counter("starts", {}).add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(text_of(figures), HasSubstr("} 4000\n"));
}

TEST(PluginFigures, RefuseNamesThatOthersCannotRead) {
  PluginFigures figures;
  PluginMetrics& metrics = figures.of(PluginKind::sandbox, "pod");
  for (const std::string name : {"", "Starts", "1st", "_x", "a-b", "a b", "a\nb", "\xc3\xa4"}) {
    EXPECT_THAT(refusal(metrics, name), HasSubstr("expected the name of a figure")) << name;
  }
  EXPECT_EQ(refusal(metrics, std::string(limits::plugin_figure_name, 'x')), "");
  EXPECT_THAT(refusal(metrics, std::string(limits::plugin_figure_name + 1, 'x')), HasSubstr("1 to 64"));
  metrics.gauge("both", {});
  EXPECT_THAT(refusal(metrics, "both"), HasSubstr("\"both\" is used as both"));
}

TEST(PluginFigures, AreBounded) {
  PluginFigures figures;
  PluginMetrics& metrics = figures.of(PluginKind::sandbox, "pod");
  for (std::size_t i = 0; i < limits::plugin_figures; ++i) EXPECT_EQ(refusal(metrics, "n" + std::to_string(i)), "");
  EXPECT_THAT(refusal(metrics, "another"), HasSubstr("expected at most 64 figures of a plugin"));
  EXPECT_EQ(refusal(metrics, "n0"), "") << "one that exists";
  EXPECT_EQ(refusal(figures.of(PluginKind::sandbox, "other"), "another"), "") << "each plugin has its own";
}

TEST(PluginFigures, HaveAHelpOfOneShortLine) {
  PluginFigures figures;
  figures.of(PluginKind::sandbox, "pod").counter("starts", "a\nb\"c\xff" + std::string(500, 'x'));
  const std::string text = text_of(figures);
  EXPECT_THAT(text, HasSubstr(" 0 # a b c\uFFFDxxx"));
  EXPECT_LT(text.size(), 300U);
}

TEST(PluginFigures, ThatNobodyReadsCountForNobody) {
  PluginCounter().add();
  PluginGauge().set(1);
  PluginGauge().add(1);
}

}  // namespace
}  // namespace tellina
