#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "host/plugins/registry.hpp"
#include "support/places.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {
namespace {

using ::testing::ElementsAre;

class SlightGateTest : public ::testing::Test {
 protected:
  SlightGateTest() {
    const PluginContext context = m_host.context();
    m_policy = m_registry.make_ordering_policy("slight", context);
    m_gate = m_policy->open_gate();
  }
  void connect() {
    m_gate->arrive(0, MessageKind::connect);
    EXPECT_EQ(m_gate->next(), 0u);
    m_gate->finish(0);
  }
  /// Starts every message that may start.
  std::vector<Sequence> start_all() {
    std::vector<Sequence> started;
    while (const std::optional<Sequence> sequence = m_gate->next()) started.push_back(*sequence);
    return started;
  }
  template <typename Call>
  static std::string refusal(Call call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_request);
      return error.what();
    }
    return "accepted";
  }

  PluginHost m_host;
  PluginRegistry m_registry{{plugin_folder()}};
  std::unique_ptr<OrderingPolicy> m_policy;
  std::unique_ptr<Gate> m_gate;
};

TEST_F(SlightGateTest, NothingStartsBeforeTheConnectHasFinished) {
  m_gate->arrive(0, MessageKind::connect);
  m_gate->arrive(1, MessageKind::data);
  m_gate->arrive(2, MessageKind::text);
  EXPECT_THAT(start_all(), ElementsAre(0)) << "it has not finished";
  m_gate->finish(0);
  EXPECT_THAT(start_all(), ElementsAre(2, 1));
  EXPECT_EQ(m_gate->overtakings(), 1u);
}

TEST_F(SlightGateTest, SeveralMessagesRunAtOnceAndFinishInAnyOrder) {
  connect();
  for (Sequence i = 1; i <= 3; ++i) m_gate->arrive(i, MessageKind::data);
  EXPECT_THAT(start_all(), ElementsAre(1, 2, 3));
  for (const Sequence sequence : {2, 3, 1}) m_gate->finish(sequence);
  EXPECT_EQ(m_gate->overtakings(), 0u);
}

TEST_F(SlightGateTest, TextOvertakesDataThatWaitsAndDataKeepsItsOrder) {
  connect();
  m_gate->arrive(1, MessageKind::data);
  m_gate->arrive(2, MessageKind::data);
  m_gate->arrive(3, MessageKind::text);
  m_gate->arrive(4, MessageKind::data);
  m_gate->arrive(5, MessageKind::text);
  m_gate->arrive(6, MessageKind::disconnect);
  EXPECT_THAT(start_all(), ElementsAre(3, 5, 1, 2, 4, 6));
  EXPECT_EQ(m_gate->overtakings(), 2u);
}

TEST_F(SlightGateTest, DataThatHasStartedIsNotOvertaken) {
  connect();
  m_gate->arrive(1, MessageKind::data);
  EXPECT_THAT(start_all(), ElementsAre(1));
  m_gate->arrive(2, MessageKind::text);
  EXPECT_THAT(start_all(), ElementsAre(2));
  EXPECT_EQ(m_gate->overtakings(), 0u);
}

TEST_F(SlightGateTest, RefusesViolationsOfTheContractAndChangesNothing) {
  EXPECT_EQ(refusal([&] { m_gate->arrive(1, MessageKind::data); }), "message 1 arrived, expected message 0");
  connect();
  m_gate->arrive(1, MessageKind::data);
  m_gate->arrive(2, MessageKind::text);
  EXPECT_EQ(refusal([&] { m_gate->arrive(0, MessageKind::connect); }), "message 0 arrived, expected message 3");
  EXPECT_EQ(refusal([&] { m_gate->arrive(2, MessageKind::text); }), "message 2 arrived, expected message 3");
  EXPECT_EQ(refusal([&] { m_gate->arrive(4, MessageKind::text); }), "message 4 arrived, expected message 3");
  EXPECT_EQ(refusal([&] { m_gate->finish(1); }), "message 1 has not been started");
  EXPECT_THAT(start_all(), ElementsAre(2, 1));
  m_gate->finish(2);
  EXPECT_EQ(refusal([&] { m_gate->finish(2); }), "message 2 has not been started");
  EXPECT_EQ(refusal([&] { m_gate->finish(3); }), "message 3 has not been started");
  m_gate->arrive(3, MessageKind::data);
  EXPECT_THAT(start_all(), ElementsAre(3));
}

TEST_F(SlightGateTest, GatesAreIndependent) {
  const auto other = m_policy->open_gate();
  m_gate->arrive(0, MessageKind::connect);
  EXPECT_EQ(other->next(), std::nullopt);
  EXPECT_EQ(m_gate->next(), 0u);
}

/// The meaning of "slight", in as few lines as possible.
class Model {
 public:
  void arrive(Sequence sequence, MessageKind kind) {
    m_waiting.emplace_back(kind == MessageKind::text ? 1 : kind == MessageKind::connect ? 0 : 2, sequence);
  }
  std::optional<Sequence> next() {
    const auto by_class = [](const auto& left, const auto& right) { return left.first < right.first; };
    const auto first = std::min_element(m_waiting.begin(), m_waiting.end(), by_class);
    if (first == m_waiting.end() || (!m_is_connected && first->first != 0)) return std::nullopt;
    const Sequence sequence = first->second;
    m_waiting.erase(first);
    m_overtakings +=
        std::any_of(m_waiting.begin(), m_waiting.end(), [&](const auto& waiting) { return waiting.second < sequence; });
    return sequence;
  }
  void finish(Sequence sequence) { m_is_connected = m_is_connected || sequence == 0; }
  std::uint64_t overtakings() const { return m_overtakings; }

 private:
  std::vector<std::pair<int, Sequence>> m_waiting;
  bool m_is_connected = false;
  std::uint64_t m_overtakings = 0;
};

TEST_F(SlightGateTest, ThousandsOfArrivalsAgreeWithTheModel) {
  constexpr std::size_t count = 5'000;
  for (const unsigned seed : {1u, 2u, 3u, 4u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 generator(seed);
    const auto gate = m_policy->open_gate();
    Model model;
    std::vector<Sequence> running;
    std::size_t arrived = 0;
    std::size_t finished = 0;
    while (finished < count) {
      const unsigned choice = generator() % 3;
      if (choice == 0 && arrived < count) {
        const Sequence sequence = arrived++;
        const bool is_text = generator() % 4 == 0;
        const MessageKind kind = sequence == 0 ? MessageKind::connect : is_text ? MessageKind::text : MessageKind::data;
        gate->arrive(sequence, kind);
        model.arrive(sequence, kind);
      } else if (choice == 1 && !running.empty()) {
        std::swap(running[generator() % running.size()], running.back());
        gate->finish(running.back());
        model.finish(running.back());
        running.pop_back();
        ++finished;
      } else {
        const std::optional<Sequence> expected = model.next();
        ASSERT_EQ(gate->next(), expected);
        if (expected) running.push_back(*expected);
      }
    }
    EXPECT_EQ(gate->overtakings(), model.overtakings());
    EXPECT_GT(model.overtakings(), 0u);
  }
}

}  // namespace
}  // namespace tellina::testing
