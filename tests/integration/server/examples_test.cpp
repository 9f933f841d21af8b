#include <fstream>

#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Examples : public ServerTest {
 protected:
  /// For each task: types the wrong line and the one that undoes it, then the line of solutions.txt.
  void pass_every_task(const std::string& example, const std::string& config, const std::vector<std::string>& wrong,
                       const std::vector<std::string>& undo) {
    const std::filesystem::path source = std::filesystem::path(source_folder()) / "docs/examples" / example;
    std::filesystem::copy(source, folder(), std::filesystem::copy_options::recursive);
    const std::vector<std::string> solutions = lines_of(source / "solutions.txt");
    ASSERT_EQ(solutions.size(), wrong.size());

    start({}, config);
    TestClient client = join("try-me");
    for (std::size_t task = 0; task < solutions.size(); ++task) {
      const int number = static_cast<int>(task) + 1;
      SCOPED_TRACE("task " + std::to_string(number));
      client.start_task(number);
      client.expect_prompt();
      client.run(wrong[task]);
      client.run(undo[task]);
      ASSERT_EQ(client.state(), "running");
      client.type(solutions[task] + "\r");
      const std::string expected = R"({"number":)" + std::to_string(number) + R"(,"state":"passed"})";
      client.wait_for("state", [&](const auto& message) {
        return text_of(message.at("state").as_object(), "previous") == expected;
      });
    }
    EXPECT_EQ(client.state(), "finished");
  }
};

TEST_F(Examples, EveryUpkeepTaskIsPassedByItsSolutionAndNotByTheWrongLineBeforeIt) {
  const std::vector<std::string> wrong = {
      "ls logs",
      "cut -d, -f3 orders.csv",
      "mkdir photos; cp inbox/*.jpg photos",
      "sed -i 's/colour/color/' texts/*",
      "chmod 755 backup.sh",
      "ln -sfn releases/1.2 current",
      "touch reports/*.txt",
      "rmdir site/images/old",
  };
  const std::vector<std::string> undo = {
      "true", "true", "rm -r photos", "true", "true", "true", "true", "true",
  };
  pass_every_task("upkeep", "config.json", wrong, undo);
}

TEST_F(Examples, TheStudyInYamlIsPassedInTheSameWay) {
  pass_every_task("words", "study.yaml",
                  {"sort words.txt", "grep -i error server.log > errors.txt", "chmod +x greet.sh"},
                  {"true", "true", "true"});
}

}  // namespace
}  // namespace tellina::testing
