#include "plugins/sandbox_docker/run_folder.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "host/runtime/files.hpp"
#include "host/runtime/system.hpp"
#include "support/no_descriptors.hpp"

namespace tellina::docker_sandbox {
namespace {

class RunFolderTest : public ::testing::Test {
 protected:
  RunFolderTest() {
    m_claim.token = "token";
    m_claim.holder = m_run_folder.holder();
    m_claim.owner = "worker.a";
    m_claim.id = "sandbox";
  }
  ErrorCode code_of_connecting() {
    const Deadline deadline(m_clock, std::chrono::seconds(1), nullptr);
    try {
      m_run_folder.connect(m_claim, deadline);
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "it connected";
    return ErrorCode::internal;
  }

  const TemporaryFolder m_folder;
  SystemRandom m_random;
  SystemClock m_clock;
  RunFolder m_run_folder{m_folder.path() / "run" / "study", m_random};
  Claim m_claim;
};

TEST_F(RunFolderTest, WithoutDescriptorsNoHolderCountsAsDead) {
  ASSERT_TRUE(m_run_folder.is_held(m_claim.holder));
  std::ofstream(m_folder.path() / "run" / "study" / "holders" / "dead");
  EXPECT_FALSE(m_run_folder.is_held("dead"));
  EXPECT_FALSE(m_run_folder.is_held("unknown"));
  const tellina::testing::NoDescriptors none;
  EXPECT_TRUE(m_run_folder.is_held(m_claim.holder));
  EXPECT_TRUE(m_run_folder.is_held("dead")) << "whether the holder lives is unknown";
}

TEST_F(RunFolderTest, WithoutDescriptorsNoSandboxCountsAsGone) {
  const Descriptor listener = m_run_folder.make(m_claim);
  {
    const tellina::testing::NoDescriptors none;
    EXPECT_EQ(code_of_connecting(), ErrorCode::busy);
    EXPECT_THROW(m_run_folder.list(), Error);
  }
  ASSERT_EQ(m_run_folder.list().size(), 1u);
  m_run_folder.remove(m_claim);
  EXPECT_EQ(code_of_connecting(), ErrorCode::gone);
  EXPECT_TRUE(m_run_folder.list().empty());
}

}  // namespace
}  // namespace tellina::docker_sandbox
