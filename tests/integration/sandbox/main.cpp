#include <gtest/gtest.h>

#include "host_process.hpp"

int main(int argument_count, char** arguments) {
  if (argument_count == 2 && std::string(arguments[1]) == tellina::test::be_host_flag) return tellina::test::be_host();
  testing::InitGoogleTest(&argument_count, arguments);
  return RUN_ALL_TESTS();
}
