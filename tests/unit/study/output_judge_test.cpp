#include "host/study/output_judge.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;

Task output_task(OutputMatch match, const Bytes& answer = "") {
  Task task;
  task.output_match = match;
  task.output_answer = answer;
  return task;
}

FileNode folder(std::map<Bytes, FileNode> children) {
  FileNode node = FileNode::directory();
  node.children = std::move(children);
  return node;
}

HomeNames website() {
  FileTree tree;
  const FileNode file = FileNode::regular("x");
  const FileNode css = folder({{"app.css", file}, {"fonts", folder({{"icons.css", file}})}});
  tree.root.children = {{"website", folder({{"css", css}, {"a.md", file}, {"b.md", file}, {"c.md", file}})},
                        {"out", file}};
  HomeNames names("/home/me");
  names.add(tree);
  return names;
}

Progress judge(const Task& task, const Bytes& output, const Bytes& command = "x", bool is_cut = false) {
  static const HomeNames names = website();
  CommandOutput printed;
  printed.text = command;
  printed.working_directory = "/home/me/website";
  printed.output = output;
  printed.is_cut = is_cut;
  return OutputJudge(task).judge(printed, names);
}

bool passes(const Task& task, const Bytes& output, const Bytes& command = "x") {
  return judge(task, output, command).passed;
}

TEST(OutputJudgeTest, ExactWantsTheLinesInOrder) {
  const Task task = output_task(OutputMatch::exact, "b\na\na\n");
  EXPECT_TRUE(passes(task, "b\na\na\n"));
  EXPECT_TRUE(passes(task, "b\na\na")) << "a last LF does not matter";
  EXPECT_TRUE(passes(task, "\n b \n\na\t\na\r\n")) << "blank lines and outer space do not count";
  EXPECT_FALSE(passes(task, "a\nb\na\n"));
  EXPECT_FALSE(passes(task, "b\na\n"));
  EXPECT_FALSE(passes(task, "b\na\na\na\n"));
  EXPECT_FALSE(passes(task, "B\na\na\n"));
  EXPECT_FALSE(passes(task, ""));
}

TEST(OutputJudgeTest, UnorderedCountsEqualLinesAndSetDoesNot) {
  const Task unordered = output_task(OutputMatch::unordered, "b\na\na\n");
  EXPECT_TRUE(passes(unordered, "a\nb\na\n"));
  EXPECT_FALSE(passes(unordered, "a\nb\nb\n"));
  EXPECT_FALSE(passes(unordered, "a\nb\na\na\n"));
  const Task set = output_task(OutputMatch::set, "b\na\na\n");
  EXPECT_TRUE(passes(set, "a\nb\n"));
  EXPECT_TRUE(passes(set, "a\nb\nb\na\na\n"));
  EXPECT_FALSE(passes(set, "a\nb\nc\n"));
  EXPECT_FALSE(passes(set, "a\n"));
}

TEST(OutputJudgeTest, EachPartCanBeIgnored) {
  Task task = output_task(OutputMatch::exact, "A  b\n");
  EXPECT_FALSE(passes(task, "a  b\n"));
  task.ignored.letter_case = true;
  EXPECT_TRUE(passes(task, "a  B\n"));
  EXPECT_FALSE(passes(task, "a b\n"));
  task.ignored.inner_space = true;
  EXPECT_TRUE(passes(task, "a \t B\n"));
  EXPECT_FALSE(passes(task, "total 4\na b\n"));
  task.ignored.total_lines = true;
  EXPECT_TRUE(passes(task, "total 4\na b\n 3 total\n"));
  task.ignored.outer_space = false;
  EXPECT_FALSE(passes(task, " a b\n"));
  task.ignored.blank_lines = false;
  EXPECT_FALSE(passes(task, "\na b\n"));
}

TEST(OutputJudgeTest, CountsAndDetailSayWhatIsWrong) {
  const Progress progress = judge(output_task(OutputMatch::exact, "1\n2\n3\n4\n"), "2\n1\n3\nx\n");
  EXPECT_EQ(progress.matched, 2);
  EXPECT_EQ(progress.incorrect, 1) << "one of 1 and 2 is out of order";
  EXPECT_EQ(progress.missing, 1);
  EXPECT_EQ(progress.extra, 1);
  EXPECT_THAT(progress.detail, HasSubstr(R"({"line":"x","status":"extra"})"));
  EXPECT_EQ(progress.missing_detail, R"([{"line":"4","status":"missing"}])");
}

TEST(OutputJudgeTest, OutputThatIsCutDoesNotPass) {
  EXPECT_FALSE(judge(output_task(OutputMatch::exact, "a"), "a\n", "x", true).passed);
}

TEST(OutputJudgeTest, PathsWantsTheEntriesInOrder) {
  Task task = output_task(OutputMatch::paths);
  task.root = "website";
  task.path_answer = {"website/b.md", "website/a.md"};
  EXPECT_TRUE(passes(task, "b.md\na.md\n"));
  EXPECT_TRUE(passes(task, "./b.md  ~/website/a.md\n"));
  EXPECT_TRUE(passes(task, "12 b.md\n3 a.md\n15 total\n"));
  EXPECT_FALSE(passes(task, "a.md\nb.md\n"));
  EXPECT_FALSE(passes(task, "b.md\na.md\na.md\n"));
  EXPECT_FALSE(passes(task, "b.md\na.md\nc.md\n"));
}

Task search_task() {
  Task task;
  task.type = TaskType::file_search;
  task.root = "website";
  task.path_answer = {"website/css/app.css", "website/css/fonts/icons.css"};
  return task;
}

TEST(OutputJudgeTest, FileSearchWantsTheEntriesInAnyOrder) {
  const Task task = search_task();
  EXPECT_TRUE(passes(task, "css/app.css\ncss/fonts/icons.css\n"));
  EXPECT_TRUE(passes(task, "css/fonts/icons.css\ncss/app.css\ncss/app.css\n")) << "in a set, an entry counts once";
  EXPECT_TRUE(passes(task, "~/website\ncss/app.css\ncss/fonts/icons.css\n")) << "the root does not count";
  EXPECT_TRUE(passes(task, "css:\napp.css\ncss/fonts:\nicons.css\n"));
  EXPECT_FALSE(passes(task, "css:\napp.css  fonts\n\ncss/fonts:\nicons.css\n")) << "ls -R names a directory too";
  EXPECT_FALSE(passes(task, "css/app.css\n"));
  EXPECT_FALSE(passes(task, "css/app.css\ncss/fonts/icons.css\nb.md\n"));
  EXPECT_FALSE(passes(task, "css/app.css\ncss/fonts/icons.css\n~/out\n")) << "an entry outside the root is too many";
}

TEST(OutputJudgeTest, ParticipantsSeePathsRelativeToTheRoot) {
  const Progress progress = judge(search_task(), "css/app.css\n~/out\n");
  EXPECT_EQ(progress.detail, R"([{"path":"css/app.css","status":"matched"},{"path":"~/out","status":"extra"}])");
  EXPECT_EQ(progress.missing_detail, R"([{"path":"css/fonts/icons.css","status":"missing"}])");
}

Task records_task(std::vector<OutputRecordAnswer> records, bool allows_extra = false) {
  Task task = output_task(OutputMatch::records);
  task.root = "website";
  task.record_answer = std::move(records);
  task.allows_extra_lines = allows_extra;
  return task;
}

TEST(OutputJudgeTest, RecordsWantALineEach) {
  const std::vector<OutputRecordAnswer> records{{"website/a.md", "2016-03-01 10:2[0-9]", ""},
                                                {"website/b.md", "", "12 "}};
  const Bytes a = "-rw-r--r-- 1 me me 7 2016-03-01 10:20 a.md\n";
  const Bytes b = "-rw-r--r-- 1 me me 12 2017-03-01 10:20 b.md\n";
  const Bytes c = "-rw-r--r-- 1 me me 12 2017-03-01 10:20 c.md\n";
  const Task task = records_task(records);
  EXPECT_TRUE(passes(task, "total 8\n" + a + b));
  EXPECT_TRUE(passes(task, b + "a note\n" + a));
  EXPECT_FALSE(passes(task, a));
  EXPECT_FALSE(passes(task, a + b + c)) << "each line with an entry needs a record";
  EXPECT_FALSE(passes(task, a + b + b));
  EXPECT_FALSE(passes(task, a + "-rw-r--r-- 1 me me 13 2017-03-01 10:20 b.md\n"));
  EXPECT_TRUE(passes(records_task(records, true), a + b + c + b));
  EXPECT_FALSE(passes(records_task(records, true), a + c));
}

TEST(OutputJudgeTest, ALineServesOneRecordAndTheBestChoiceCounts) {
  // The first record could take either line, the second only the first line.
  const std::vector<OutputRecordAnswer> records{{"", "md", ""}, {"website/a.md", "", ""}};
  EXPECT_TRUE(passes(records_task(records), "a.md\nb.md\n"));
  EXPECT_FALSE(passes(records_task(records), "a.md\n"));
  // A record that any line satisfies takes the line that names an entry.
  EXPECT_TRUE(passes(records_task({{"", "x", ""}}), "x y\nx a.md\n"));
  EXPECT_FALSE(passes(records_task({{"", "x", ""}}), "x b.md\nx a.md\n"));
}

TEST(OutputJudgeTest, ManyRecordsAndLinesTakeLittleTime) {
  std::vector<OutputRecordAnswer> records(500, OutputRecordAnswer{"", "(a+)+x", ""});
  Bytes output;
  for (int i = 0; i < 500; ++i) output += Bytes(2000, 'a') + "\n";
  const Progress progress = judge(records_task(records), output);
  EXPECT_EQ(progress.missing, 500);
  for (OutputRecordAnswer& record : records) record.expression = "a";
  EXPECT_TRUE(passes(records_task(records), output));
}

TEST(OutputJudgeTest, WrongExpressionsAreExplained) {
  EXPECT_EQ(expression_error("a(b|c)*"), "");
  EXPECT_EQ(expression_error("a(b"), "missing ): a(b");
  EXPECT_NE(expression_error("(?=a)"), "");
}

}  // namespace
}  // namespace tellina::testing
