#include <gtest/gtest.h>

#include "docker_variant.hpp"

int main(int argument_count, char** arguments) {
  if (argument_count == 4 && std::string(arguments[1]) == tellina::test::be_host_flag) {
    tellina::test::use_engine_of_another(arguments[2], arguments[3]);
    return tellina::test::be_host();
  }
  testing::InitGoogleTest(&argument_count, arguments);
  return RUN_ALL_TESTS();
}
