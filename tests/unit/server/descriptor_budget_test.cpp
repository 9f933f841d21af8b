#include "host/server/descriptor_budget.hpp"

#include <gtest/gtest.h>

#include "host/limits.hpp"

namespace tellina::testing {
namespace {

TEST(DescriptorBudget, IsAsDocumented) {
  const DescriptorBudget all(1024, ServerRole::all);
  EXPECT_EQ(all.connections(), 240u);
  EXPECT_EQ(all.sandboxes(), 72u);
  const DescriptorBudget gateway(1024, ServerRole::gateway);
  EXPECT_EQ(gateway.connections(), 960u);
  EXPECT_EQ(gateway.sandboxes(), 0u);
  const DescriptorBudget worker(65536, ServerRole::worker);
  EXPECT_EQ(worker.connections(), 0u);
  EXPECT_EQ(worker.sandboxes(), 6547u);
  EXPECT_EQ(DescriptorBudget(65536, ServerRole::worker, 10).sandboxes(), 6543u) << "peers take some";
}

TEST(DescriptorBudget, NeverPromisesMoreThanThereAre) {
  for (std::size_t limit = 160; limit < 100'000; limit += 7) {
    for (const ServerRole role : {ServerRole::all, ServerRole::gateway, ServerRole::worker}) {
      const DescriptorBudget budget(limit, role);
      const std::size_t promised = budget.connections() + budget.sandboxes() * limits::sandbox_descriptors;
      ASSERT_LE(promised + limits::reserved_descriptors, limit);
    }
  }
}

TEST(DescriptorBudget, ServesSomebodyWithAnyLimit) {
  for (std::size_t limit = 0; limit < 160; ++limit) {
    const DescriptorBudget budget(limit, ServerRole::all);
    EXPECT_GE(budget.connections(), limits::least_connections);
    EXPECT_GE(budget.sandboxes(), 1u);
  }
}

}  // namespace
}  // namespace tellina::testing
