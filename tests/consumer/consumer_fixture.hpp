#pragma once

/// An installed tellina without the source tree.

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/server_process.hpp"

namespace tellina::testing {

class CommandResult {
 public:
  int status = -1;
  std::string output;
  std::string errors;
};

/// `cmake --install` into a temporary folder.
class ConsumerTest : public ::testing::Test {
 protected:
  void SetUp() override;

  /// Runs a program to its end, in the test's folder. Fails the test after five minutes.
  CommandResult run(const std::filesystem::path& program, const std::vector<std::string>& arguments);
  /// The same, and fails the test if the status is not 0.
  CommandResult run_well(const std::filesystem::path& program, const std::vector<std::string>& arguments);

  std::filesystem::path folder() const { return m_folder.path(); }
  std::filesystem::path prefix() const { return folder() / "prefix"; }
  std::filesystem::path program() const { return prefix() / "bin/tellina"; }

  /// Writes config.json with one task and this sandbox section.
  void write_config(const std::string& sandbox);
  /// Logs in, does the task and sees that it is passed. `plugin_folder` may be empty.
  void pass_a_study(const std::string& plugin_folder);

  /// Builds the project in this folder, using only the installation prefix, in its folder `build`.
  void build(const std::string& project);
  /// Does what the SDK's README describes: writes a new plugin and builds it.
  void make_new_plugin(const std::string& name, const std::string& kind);

 private:
  TemporaryFolder m_folder;
  int m_runs = 0;
};

}  // namespace tellina::testing
