/// A plugin by an author who has only the installed SDK.

#include "consumer_fixture.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

class NewPlugin : public ConsumerTest {};

TEST_F(NewPlugin, IsBuiltOutsideTheTreeAndRunsAStudy) {
  make_new_plugin("acme_box", "sandbox");
  const CommandResult list = run_well(program(), {"plugins", "list", "--plugin-dir", "acme_box/build"});
  EXPECT_THAT(list.output, HasSubstr("acme_box/build/sandbox_acme_box.so"));
  write_config(R"({"plugin": "acme_box", "i_know_this_is_not_isolated": true, "directory": ")" +
               (folder() / "homes").string() + "\"}");
  pass_a_study((folder() / "acme_box/build").string());
  EXPECT_TRUE(std::filesystem::is_empty(folder() / "homes"));
}

TEST_F(NewPlugin, IsInstalledWithItsProgram) {
  make_new_plugin("acme_box", "sandbox");
  run_well(CMAKE_PROGRAM, {"--install", "acme_box/build", "--prefix", prefix()});
  std::filesystem::remove_all(folder() / "acme_box");
  const std::filesystem::path plugins = prefix() / "lib/tellina/plugins";
  EXPECT_TRUE(std::filesystem::exists(plugins / "acme_box_supervisor"));
  EXPECT_THAT(run_well(program(), {"plugins", "show", "acme_box"}).output,
              HasSubstr((plugins / "sandbox_acme_box.so").string() + "\n\nKEY "));
  write_config(R"({"plugin": "acme_box", "i_know_this_is_not_isolated": true})");
  pass_a_study("");
}

TEST_F(NewPlugin, IsFoundInAFolderThatTheConfigurationNames) {
  make_new_plugin("acme_box", "sandbox");
  const auto acme = folder() / "opt/acme";
  std::filesystem::create_directories(acme);
  for (const char* file : {"sandbox_acme_box.so", "acme_box_supervisor"}) {
    std::filesystem::rename(folder() / "acme_box/build" / file, acme / file);
  }
  write_config(R"({"plugin": "acme_box", "i_know_this_is_not_isolated": true}, "plugins": ["opt/acme"])");
  pass_a_study("");
}

TEST_F(NewPlugin, OfTheOtherKindIsBuiltToo) {
  make_new_plugin("patient", "ordering_policy");
  const CommandResult list = run_well(program(), {"plugins", "list", "--plugin-dir", "patient/build"});
  EXPECT_THAT(list.output, HasSubstr("patient/build/ordering_patient.so"));
}

}  // namespace
}  // namespace tellina::testing
