#include <gtest/gtest.h>

#include "host_process.hpp"

int main(int argument_count, char** arguments) {
  const std::string flag = argument_count == 2 ? arguments[1] : "";
  if (flag == tellina::test::be_host_flag) return tellina::test::be_host();
  if (flag == tellina::test::be_starting_host_flag) return tellina::test::be_starting_host();
  testing::InitGoogleTest(&argument_count, arguments);
  return RUN_ALL_TESTS();
}
