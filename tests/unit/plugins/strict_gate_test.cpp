#include <gmock/gmock.h>

#include <random>

#include "host/plugins/registry.hpp"
#include "support/places.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {
namespace {

class StrictGateTest : public ::testing::Test {
 protected:
  StrictGateTest() {
    const PluginContext context = m_host.context();
    m_policy = m_registry.make_ordering_policy("strict", context);
    m_gate = m_policy->open_gate();
  }

  PluginHost m_host;
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

TEST_F(StrictGateTest, RefusesViolationsOfTheContractAndChangesNothing) {
  EXPECT_EQ(refusal([&] { m_gate->arrive(1, MessageKind::data); }), "message 1 arrived, expected message 0");
  EXPECT_EQ(m_gate->next(), std::nullopt);
  m_gate->arrive(0, MessageKind::connect);
  EXPECT_EQ(refusal([&] { m_gate->arrive(0, MessageKind::connect); }), "message 0 arrived, expected message 1");
  EXPECT_EQ(refusal([&] { m_gate->arrive(2, MessageKind::data); }), "message 2 arrived, expected message 1");
  EXPECT_EQ(refusal([&] { m_gate->finish(0); }), "message 0 has not been started");
  ASSERT_EQ(m_gate->next(), 0u);
  EXPECT_EQ(refusal([&] { m_gate->finish(1); }), "message 1 has not been started");
  m_gate->finish(0);
  EXPECT_EQ(refusal([&] { m_gate->finish(0); }), "message 0 has not been started");
  m_gate->arrive(1, MessageKind::data);
  EXPECT_EQ(m_gate->next(), 1u);
}

TEST_F(StrictGateTest, GatesAreIndependent) {
  const auto other = m_policy->open_gate();
  m_gate->arrive(0, MessageKind::connect);
  EXPECT_EQ(other->next(), std::nullopt);
  EXPECT_EQ(m_gate->next(), 0u);
}

TEST_F(StrictGateTest, TenThousandArrivalsStartInSequenceOneAtATime) {
  constexpr Sequence count = 10'000;
  for (const unsigned seed : {1u, 2u, 3u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 generator(seed);
    const auto gate = m_policy->open_gate();
    Sequence arrived = 0;
    Sequence finished = 0;
    bool is_running = false;
    while (finished < count) {
      const unsigned choice = generator() % 3;
      if (choice == 0 && arrived < count) {
        gate->arrive(arrived, arrived == 0 ? MessageKind::connect : MessageKind::data);
        ++arrived;
      } else if (choice == 1 && is_running) {
        gate->finish(finished++);
        is_running = false;
      } else {
        const bool may_start = !is_running && finished < arrived;
        ASSERT_EQ(gate->next(), may_start ? std::optional(finished) : std::nullopt);
        is_running = is_running || may_start;
      }
    }
    EXPECT_EQ(gate->overtakings(), 0u);
  }
}

}  // namespace
}  // namespace tellina::testing
