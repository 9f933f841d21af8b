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

class Examples : public ServerTest {};

TEST_F(Examples, EveryUpkeepTaskIsPassedByItsSolutionAndNotByTheWrongLineBeforeIt) {
  const std::filesystem::path upkeep = std::filesystem::path(source_folder()) / "docs/examples/upkeep";
  std::filesystem::copy(upkeep, folder(), std::filesystem::copy_options::recursive);
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
  const std::vector<std::string> solutions = lines_of(upkeep / "solutions.txt");
  ASSERT_EQ(solutions.size(), wrong.size());

  start();
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
    client.wait_for(
        "state", [&](const auto& message) { return text_of(message.at("state").as_object(), "previous") == expected; });
  }
  EXPECT_EQ(client.state(), "finished");
}

}  // namespace
}  // namespace tellina::testing
