/// Root file systems with a study's packages, and their preparation.

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "sandbox_fixture.hpp"
#include "variant.hpp"

namespace tellina::test {
namespace {

/// A folder for root file systems.
class CorePackages : public ::testing::Test {
 protected:
  CorePackages() { m_folder = mkdtemp(m_template.data()); }
  ~CorePackages() override { std::filesystem::remove_all(m_folder); }

  Backend with(const std::vector<std::string>& packages) const {
    return Backend({{"root_file_system", (m_folder / "rootfs").string()}, {"packages", packages}});
  }
  static void prepare(Backend& backend) { dynamic_cast<SandboxPreparation&>(*backend.operator->()).prepare(); }

  std::string m_template = std::filesystem::temp_directory_path() / "sandbox_packages_XXXXXX";
  std::filesystem::path m_folder;
};

TEST_F(CorePackages, HaveASeparateRootFileSystem) {
  const std::filesystem::path usual =
      std::filesystem::path(variant::plugin).parent_path() / "../../../share/tellina/rootfs";
  std::filesystem::create_symlink(std::filesystem::canonical(usual), m_folder / "rootfs,git,python3");
  const Capabilities there = with({"python3", "git", "git"})->probe();
  EXPECT_TRUE(there.usable) << there.reason;

  const Capabilities missing = with({"jq"})->probe();
  EXPECT_FALSE(missing.usable);
  EXPECT_NE(missing.reason.find((m_folder / "rootfs,jq: bin/bash: No such file").string()), std::string::npos)
      << missing.reason;
  EXPECT_NE(missing.reason.find("tellina sandbox prepare"), std::string::npos) << missing.reason;
}

TEST_F(CorePackages, AreManyUnderOneShortName) {
  std::vector<std::string> packages;
  for (int i = 0; i < 100; ++i) packages.push_back("package-" + std::to_string(i));
  const std::string reason = with(packages)->probe().reason;
  EXPECT_NE(reason.find((m_folder / "rootfs,packages-").string()), std::string::npos) << reason;
  EXPECT_NE(reason.find("No such file"), std::string::npos) << reason;
}

TEST_F(CorePackages, PreparationRefusesInvalidNames) {
  for (const char* name : {"git --option", "git-", "-git", "g"}) {
    Backend backend = with({name});
    EXPECT_THROW(prepare(backend), Error) << name;
    EXPECT_TRUE(std::filesystem::is_empty(m_folder)) << name;
  }
}

TEST_F(CorePackages, PreparationDoesNotChangeAForeignRootFileSystem) {
  std::filesystem::create_directories(m_folder / "rootfs/bin");
  Backend backend = with({});
  prepare(backend);
  EXPECT_TRUE(std::filesystem::exists(m_folder / "rootfs/bin"));
  EXPECT_FALSE(std::filesystem::exists(m_folder / "rootfs/etc"));
}

TEST_F(CorePackages, AreRefusedForAForeignRootFileSystem) {
  std::filesystem::create_directories(m_folder / "rootfs/bin");
  try {
    with({"git"});
    FAIL() << "it would silently use another root file system: plain Debian with git";
  } catch (const ConfigError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("packages: expected none"), std::string::npos) << text;
    EXPECT_NE(text.find("(" + (m_folder / "rootfs").string() + ")"), std::string::npos) << text;
  }
  std::filesystem::create_directories(m_folder / "rootfs/etc/tellina");
  std::ofstream(m_folder / "rootfs/etc/tellina/root_file_system") << "mark\n";
  EXPECT_NO_THROW(with({"git"}));
}

}  // namespace
}  // namespace tellina::test
