#pragma once

/// The fixture of the sandbox tests, for homes that are folders of this machine.

#include <filesystem>

#include "sandbox_fixture.hpp"

namespace tellina::test {

inline constexpr const char* be_host_flag = "--be-a-host";

/// A folder for homes that is removed with the object.
class HomesFolder {
 public:
  HomesFolder();
  HomesFolder(const HomesFolder&) = delete;
  HomesFolder& operator=(const HomesFolder&) = delete;
  ~HomesFolder();
  const std::filesystem::path& path() const { return m_path; }
  /// The names of its entries.
  std::set<std::string> list() const;

 private:
  std::filesystem::path m_path;
};

/// One sandbox in a temporary folder, which must be empty afterwards.
class ProcessTest : public SandboxTest {
 protected:
  void SetUp() override;
  void TearDown() override;
  void start_with(SandboxSpec spec);
  std::filesystem::path home() const;
  const HomesFolder& homes() const { return m_homes; }

 private:
  HomesFolder m_homes;
};

/// Starts a sandbox below `folder` with two daemons in it, writes "OWNER\n" to standard output and waits until it is
/// killed.
int be_host(const char* folder);

}  // namespace tellina::test
