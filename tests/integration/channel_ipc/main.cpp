#include <gmock/gmock.h>

#include "integration/channel_ipc/peer.hpp"

int main(int argument_count, char** arguments) {
  if (argument_count > 1 && std::string(arguments[1]) == tellina::testing::be_peer_flag) {
    return tellina::testing::be_peer({arguments + 2, arguments + argument_count});
  }
  testing::InitGoogleMock(&argument_count, arguments);
  return RUN_ALL_TESTS();
}
