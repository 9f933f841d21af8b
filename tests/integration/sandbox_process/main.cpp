#include <gtest/gtest.h>

#include "process_fixture.hpp"

int main(int argument_count, char** arguments) {
  if (argument_count == 3 && std::string(arguments[1]) == tellina::test::be_host_flag) {
    return tellina::test::be_host(arguments[2]);
  }
  testing::InitGoogleTest(&argument_count, arguments);
  return RUN_ALL_TESTS();
}
