#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "host/plugins/registry.hpp"
#include "support/places.hpp"
#include "unit/plugins/lent.hpp"

namespace tellina::testing {
namespace {

class StrictGateTest : public ::testing::Test {
 protected:
  StrictGateTest() {
    const PluginContext context = m_lent.context();
    m_policy = m_registry.make_ordering_policy("strict", context);
    m_gate = m_policy->open_gate();
  }

  Lent m_lent;
  PluginRegistry m_registry{{plugin_folder()}};
  std::unique_ptr<OrderingPolicy> m_policy;
  std::unique_ptr<Gate> m_gate;
};

template <typename Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_request);
    return error.what();
  }
  return "accepted";
}

TEST_F(StrictGateTest, StartsOneMessageAtATimeInSequence) {
  EXPECT_EQ(m_gate->next(), std::nullopt);
  m_gate->arrive(0, MessageKind::connect);
  m_gate->arrive(1, MessageKind::text);
  EXPECT_EQ(m_gate->next(), 0u);
  EXPECT_EQ(m_gate->next(), std::nullopt) << "0 has not finished";
  m_gate->finish(0);
  EXPECT_EQ(m_gate->next(), 1u);
  m_gate->finish(1);
  EXPECT_EQ(m_gate->next(), std::nullopt);
  EXPECT_EQ(m_gate->overtakings(), 0u);
}

TEST_F(StrictGateTest, NothingStartsBeforeTheConnectWhateverHasArrived) {
  m_gate->arrive(2, MessageKind::data);
  m_gate->arrive(1, MessageKind::data);
  EXPECT_EQ(m_gate->next(), std::nullopt);
  m_gate->arrive(0, MessageKind::connect);
  for (Sequence i = 0; i < 3; ++i) {
    EXPECT_EQ(m_gate->next(), i);
    m_gate->finish(i);
  }
}

TEST_F(StrictGateTest, RefusesWhatBreaksTheContract) {
  m_gate->arrive(0, MessageKind::connect);
  m_gate->arrive(2, MessageKind::data);
  EXPECT_EQ(refusal([&] { m_gate->arrive(0, MessageKind::connect); }), "message 0 has arrived before");
  EXPECT_EQ(refusal([&] { m_gate->arrive(2, MessageKind::data); }), "message 2 has arrived before");
  EXPECT_EQ(refusal([&] { m_gate->finish(0); }), "message 0 has not been started");
  ASSERT_EQ(m_gate->next(), 0u);
  EXPECT_EQ(refusal([&] { m_gate->finish(1); }), "message 1 has not been started");
  m_gate->finish(0);
  EXPECT_EQ(refusal([&] { m_gate->finish(0); }), "message 0 has not been started");
}

TEST_F(StrictGateTest, GatesAreIndependent) {
  const auto other = m_policy->open_gate();
  m_gate->arrive(0, MessageKind::connect);
  EXPECT_EQ(other->next(), std::nullopt);
  EXPECT_EQ(m_gate->next(), 0u);
}

/// What "strict" means, in as few lines as it takes.
class Model {
 public:
  explicit Model(std::size_t count) : m_arrived(count + 1) {}
  void arrive(Sequence sequence) { m_arrived[sequence] = true; }
  std::optional<Sequence> next() {
    if (m_running || !m_arrived[m_turn]) return std::nullopt;
    m_running = true;
    return m_turn;
  }
  void finish() { m_running = false, ++m_turn; }

 private:
  std::vector<bool> m_arrived;
  Sequence m_turn = 0;
  bool m_running = false;
};

TEST_F(StrictGateTest, TenThousandArrivalsInAnyOrderAgreeWithTheModel) {
  constexpr std::size_t count = 10'000;
  for (const unsigned seed : {1u, 2u, 3u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 generator(seed);
    std::vector<Sequence> arrivals(count);
    std::iota(arrivals.begin(), arrivals.end(), 0);
    // Numbers move by up to 64 places, and with the last seed anywhere.
    const std::size_t block = seed == 3 ? count : 64;
    for (std::size_t i = 0; i < count; i += block) {
      const auto begin = arrivals.begin() + static_cast<std::ptrdiff_t>(i);
      const auto end = arrivals.begin() + static_cast<std::ptrdiff_t>(std::min(i + block, count));
      std::shuffle(begin, end, generator);
    }
    const auto gate = m_policy->open_gate();
    Model model(count);
    Sequence running = 0;
    bool is_running = false;
    std::size_t arrived = 0;
    std::size_t finished = 0;
    while (finished < count) {
      const unsigned choice = generator() % 3;
      if (choice == 0 && arrived < count) {
        gate->arrive(arrivals[arrived], arrivals[arrived] == 0 ? MessageKind::connect : MessageKind::data);
        model.arrive(arrivals[arrived++]);
      } else if (choice == 1 && is_running) {
        gate->finish(running);
        model.finish();
        is_running = false;
        ++finished;
      } else {
        const std::optional<Sequence> expected = model.next();
        ASSERT_EQ(gate->next(), expected);
        if (expected) {
          running = *expected;
          is_running = true;
        }
      }
    }
    EXPECT_EQ(gate->overtakings(), 0u);
  }
}

}  // namespace
}  // namespace tellina::testing
