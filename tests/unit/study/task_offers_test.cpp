#include "host/study/task_offers.hpp"

#include <gtest/gtest.h>

namespace tellina {
namespace {

using namespace std::chrono_literals;

TEST(TaskOffers, ATaskOffersBothUnlessItSaysOtherwise) {
  const Task task;
  EXPECT_FALSE(refuse_give_up(task, 0s));
  EXPECT_FALSE(refuse_start_over(task));
  EXPECT_EQ(time_until_give_up(task, 0s), 0s);
}

TEST(TaskOffers, WhatIsNotOfferedIsRefusedAtAnyTime) {
  Task task;
  task.give_up_after.reset();
  task.may_start_over = false;
  for (const auto charged : {0s, 10s, 1000s}) {
    ASSERT_TRUE(refuse_give_up(task, charged));
    EXPECT_EQ(refuse_give_up(task, charged)->code, "not_offered");
    EXPECT_FALSE(refuse_give_up(task, charged)->time_left);
    EXPECT_FALSE(time_until_give_up(task, charged));
  }
  ASSERT_TRUE(refuse_start_over(task));
  EXPECT_EQ(refuse_start_over(task)->code, "not_offered");
}

TEST(TaskOffers, AGiveUpIsAcceptedFromItsTimeOn) {
  Task task;
  task.give_up_after = 10s;
  ASSERT_TRUE(refuse_give_up(task, 9999ms));
  EXPECT_EQ(refuse_give_up(task, 9999ms)->code, "too_early");
  EXPECT_EQ(refuse_give_up(task, 9999ms)->time_left, 1ms);
  EXPECT_EQ(time_until_give_up(task, 4s), 6s);
  EXPECT_FALSE(refuse_give_up(task, 10s));
  EXPECT_FALSE(refuse_give_up(task, 20s));
  EXPECT_EQ(time_until_give_up(task, 20s), 0s);
}

}  // namespace
}  // namespace tellina
