#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "host/limits.hpp"
#include "host/session/start_queue.hpp"

namespace tellina::testing {
namespace {

class StartQueueTest : public ::testing::Test {
 protected:
  void request(int number) {
    queue->request([this, number](const StartQueue::Ended& ended) {
      begun.push_back(number);
      m_ended.push_back(ended);
    });
  }
  void end(bool has_sandbox) {
    ASSERT_FALSE(m_ended.empty());
    const StartQueue::Ended ended = m_ended.back();
    ended(has_sandbox);
  }

  std::shared_ptr<StartQueue> queue = std::make_shared<StartQueue>();
  std::vector<int> begun;

 private:
  std::vector<StartQueue::Ended> m_ended;
};

TEST_F(StartQueueTest, BeginsOneStartAfterTheOther) {
  for (int number = 1; number <= 3; ++number) request(number);
  EXPECT_EQ(begun, std::vector({1}));
  EXPECT_EQ(queue->waiting(), 2U);
  end(true);
  EXPECT_EQ(begun, std::vector({1, 2}));
  end(false);
  EXPECT_EQ(begun, std::vector({1, 2, 3})) << "a failed start has its turn too";
}

TEST_F(StartQueueTest, WaitsWhileTooManySandboxesExist) {
  const int most = static_cast<int>(limits::participant_sandboxes);
  for (int number = 1; number <= most + 2; ++number) request(number);
  for (int i = 0; i < most; ++i) end(true);
  EXPECT_EQ(begun.size(), limits::participant_sandboxes);
  queue->sandbox_removed();
  EXPECT_EQ(begun.size(), limits::participant_sandboxes + 1);
  end(false);
  EXPECT_EQ(begun.size(), limits::participant_sandboxes + 2) << "a failed start leaves no sandbox";
}

TEST_F(StartQueueTest, AStartMayEndAtOnce) {
  int skipped = 0;
  request(1);
  for (int i = 0; i < 1000; ++i) {
    queue->request([&skipped](const StartQueue::Ended& ended) {
      ++skipped;
      ended(false);
    });
  }
  request(2);
  end(true);
  EXPECT_EQ(skipped, 1000);
  EXPECT_EQ(begun, std::vector({1, 2}));
}

TEST_F(StartQueueTest, BeginsNothingOnceItIsDestroyed) {
  request(1);
  request(2);
  queue.reset();
  end(true);
  EXPECT_EQ(begun, std::vector({1}));
}

}  // namespace
}  // namespace tellina::testing
