#include <gmock/gmock.h>

#include <fstream>
#include <regex>

#include "host/study/plan.hpp"
#include "host/study/schedule.hpp"
#include "support/places.hpp"
#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

/// Members of a configuration besides its tasks, by key.
using Sections = std::map<std::string, std::string>;

const Sections good_sections() {
  return {
      {"blocks",
       R"({"I": {"tasks": ["find-old", "larger"]}, "II": {"tasks": ["times"], "time_limit_in_seconds": 1.5}})"},
      {"treatments", R"({"assistant": {"title": "Assistant", "text": "Ask.", "links":
        [{"title": "It", "url": "https://example.org/a"}]}, "web": {"title": "Web search"}})"},
      {"assignment",
       R"({"groups": {"crossover": {"blocks": ["I", "II"], "treatments": ["assistant", "web"]}}, "seed": 7})"},
      {"questionnaires", R"({"about": {"title": "About you", "fields": [
        {"name": "years", "type": "number", "label": "Years", "at_least": 0, "at_most": 60, "required": true},
        {"name": "shell", "type": "choices", "label": "Shells", "options": ["bash", "zsh"], "order": "random"},
        {"name": "sum", "type": "number", "label": "2 + 2", "correct": 4}]}})"},
      {"flow",
       R"([{"questionnaire": "about", "ends_if": [{"field": "years", "less_than": 1, "outcome": "screened_out"}]},
        {"periods": [{"practice": ["warm-up"]}, {"tasks": "{block}"}], "between": [{"break": "Rest."}]}])"},
  };
}

std::string text_of(const Sections& sections) {
  std::string text = R"({"access_codes": ["eva-7731"], "task_duration_in_seconds": 60,
"tasks": [
{"id": "find-old", "type": "stdout", "description": "d", "answer": "a"},
{"id": "larger", "type": "stdout", "description": "d", "answer": "a"},
{"id": "times", "type": "stdout", "description": "d", "answer": "a"},
{"id": "warm-up", "type": "stdout", "description": "d", "answer": "a"}])";
  for (const auto& [key, value] : sections) {
    if (!value.empty()) text += ",\n\"" + key + "\": " + value;
  }
  return text + "}";
}

std::string without_places(const std::string& message) {
  return std::regex_replace(message, std::regex("(^|\n)[^\n]*?config\\.json:[0-9]+:[0-9]+: "), "$1");
}

/// The messages about the good sections with these sections instead of theirs; an empty text removes one.
std::string errors(const Sections& changed) {
  Sections sections = good_sections();
  for (const auto& [key, value] : changed) sections[key] = value;
  return without_places(error_of(text_of(sections)));
}

Design design_of(const Sections& changed = {}, const std::string& file = "config.json") {
  Sections sections = good_sections();
  for (const auto& [key, value] : changed) sections[key] = value;
  return parse_host_config(text_of(sections), file, FakePlugins()).study->design;
}

/// A step of a flow besides the good ones.
std::string flow_with(const std::string& step) {
  return R"([{"questionnaire": "about"}, {"periods": [{"tasks": "{block}"}]}, )" + step + "]";
}

std::string form_with(const std::string& field) {
  return R"({"about": {"title": "t", "fields": [{"name": "years", "type": "number", "label": "l"},
    {"name": "shell", "type": "choices", "label": "l", "options": ["bash", "zsh"]}, )" +
         field + "]}}";
}

TEST(DesignConfig, ReadsEverySection) {
  const Design design = design_of();
  ASSERT_EQ(design.blocks.size(), 2u);
  EXPECT_EQ(design.blocks[0].tasks, (std::vector<int>{1, 2}));
  EXPECT_EQ(design.blocks[1].time_limit, std::chrono::milliseconds(1500));
  EXPECT_EQ(design.treatments[0].text.text, "Ask.");
  EXPECT_EQ(design.treatments[0].links[0].url, "https://example.org/a");
  EXPECT_EQ(design.groups.size(), 4u);
  EXPECT_EQ(design.assignment.seed, 7);
  EXPECT_EQ(design.assignment.held_for, std::chrono::hours(2));
  EXPECT_EQ(design.forms[0].fields[1].options, (std::vector<std::string>{"bash", "zsh"}));
  EXPECT_TRUE(design.forms[0].fields[1].has_random_order);
  EXPECT_EQ(design.flow[0].id, "questionnaire-1");
  EXPECT_EQ(design.flow[0].ends_if[0].outcome, Outcome::screened_out);
  EXPECT_EQ(design.flow[1].steps[0].practice_tasks, (std::vector<int>{4}));
  EXPECT_EQ(design.flow[1].between[0].kind, StepKind::pause);
}

TEST(DesignConfig, OfAStudyWithoutItsSectionsIsEmpty) {
  const HostConfig config = parse_host_config(text_of({}), "config.json", FakePlugins());
  EXPECT_TRUE(config.study->design.flow.empty());
  EXPECT_EQ(config.study->design.stage, "main");
  EXPECT_FALSE(needs_flow(*config.study));
  EXPECT_EQ(make_schedule(*config.study, {}).size(), 4u);
}

TEST(DesignConfig, ReadsWhatHoldsForTheStudy) {
  const Design design = design_of(
      {{"study", R"({"description": "d", "license": "CC-BY-4.0", "authors": [{"name": "A", "email": "a@b.org",
                     "orcid": "0000-0002-1825-0097"}], "stage": "pilot-1", "record_addresses": true,
                     "resume_within_in_hours": 0.5, "withdrawal": "delete"})"},
       {"entry", R"({"open_link": {"id_parameter": "PROLIFIC_PID", "keep_parameters": ["STUDY_ID"],
                     "id_pattern": "[0-9a-f]{24}", "limit": 60, "rejoin": "anywhere"}})"},
       {"completion", R"({"completed": {"text": "Thank you!", "code": "C1", "redirect": "https://e.org/?cc={code}"},
                          "full": {"code": "generated"}, "stopped": {"redirect": "https://e.org"}})"},
       {"assignment", R"({"groups": {"a": [{"block": "I", "treatment": "web"}], "b": [{"block": "II"}]}, "seed": 1,
                          "method": "permuted_blocks", "block_size": 4, "at": "questionnaire-1",
                          "held_for_in_minutes": 0.5, "target_per_group": 3, "when_full": "continue",
                          "fixed": {"eva-7731": "b"}, "closed": ["a"]})"}});
  EXPECT_EQ(design.authors[0].orcid, "0000-0002-1825-0097");
  EXPECT_EQ(design.stage, "pilot-1");
  EXPECT_EQ(design.resume_within, std::chrono::minutes(30));
  EXPECT_EQ(design.withdrawal, Withdrawal::erase);
  EXPECT_TRUE(design.records_addresses);
  EXPECT_EQ(design.open_link->keep_parameters, (std::vector<std::string>{"STUDY_ID"}));
  EXPECT_EQ(design.open_link->limit, 60);
  EXPECT_TRUE(design.open_link->rejoins_anywhere);
  EXPECT_EQ(design.completion.at(Outcome::completed).code, "C1");
  EXPECT_TRUE(design.completion.at(Outcome::full).has_own_code);
  EXPECT_EQ(design.completion.at(Outcome::stopped).redirect, "https://e.org");
  EXPECT_EQ(design.groups[1].periods, (std::vector<GroupPeriod>{{"II", ""}}));
  EXPECT_EQ(design.assignment.method, AssignmentMethod::permuted_blocks);
  EXPECT_EQ(design.assignment.block_size, 4);
  EXPECT_EQ(design.assignment.at, "questionnaire-1");
  EXPECT_EQ(design.assignment.held_for, std::chrono::seconds(30));
  EXPECT_EQ(design.assignment.target_per_group, 3);
  EXPECT_TRUE(design.assignment.continues_when_full);
  EXPECT_EQ(design.assignment.fixed.at("eva-7731"), "b");
  EXPECT_EQ(design.assignment.closed, (std::vector<std::string>{"a"}));
}

TEST(DesignConfig, ReadsEveryKindOfStep) {
  const Design design = design_of({{"flow", R"([
    {"consent": "We record.", "version": "2", "boxes": ["I am 18"], "refuse": false, "id": "yes", "title": "Consent"},
    {"page": "Read.", "at_least_in_seconds": 2.5, "back": true},
    {"questionnaire": "about", "repeat_if_wrong": {"times": 2, "outcome": "screened_out"}},
    {"practice": ["warm-up"], "until": "passed", "tries": 5, "solution_after_in_seconds": 60, "outcome": "failed_practice"},
    {"break": "Rest.", "at_least_in_seconds": 1, "at_most_in_seconds": 900},
    {"page": "Again."},
    {"periods": [{"page": "Half {period}"}, {"tasks": "{block}"}], "between": [{"page": "Between"}]}])"}});
  EXPECT_EQ(design.flow[0].id, "yes");
  EXPECT_EQ(design.flow[0].title, "Consent");
  EXPECT_EQ(design.flow[0].boxes, (std::vector<std::string>{"I am 18"}));
  EXPECT_EQ(design.flow[0].version, "2");
  EXPECT_FALSE(design.flow[0].can_refuse);
  EXPECT_EQ(design.flow[1].at_least, std::chrono::milliseconds(2500));
  EXPECT_TRUE(design.flow[1].has_back);
  EXPECT_EQ(design.flow[2].repeat_if_wrong->times, 2);
  EXPECT_EQ(design.flow[2].repeat_if_wrong->outcome, Outcome::screened_out);
  EXPECT_EQ(design.flow[3].until, FlowStep::Until::passed);
  EXPECT_EQ(design.flow[3].tries, 5);
  EXPECT_EQ(design.flow[3].solution_after, std::chrono::seconds(60));
  EXPECT_EQ(design.flow[3].outcome, Outcome::failed_practice);
  EXPECT_EQ(design.flow[4].at_most, std::chrono::seconds(900));
  EXPECT_EQ(design.flow[5].id, "page-2");
  EXPECT_EQ(design.flow[6].steps[0].id, "page-3");
  EXPECT_EQ(design.flow[6].between[0].id, "page-4");
}

TEST(DesignConfig, ReadsEveryKindOfField) {
  const Design design = design_of({{"questionnaires", R"({"about": {"title": "t", "text": "Hello", "fields": [
    {"name": "years", "type": "number", "label": "l", "whole": true},
    {"name": "a", "type": "text", "label": "l", "help": "h"}, {"name": "b", "type": "paragraph", "label": "l"},
    {"name": "c", "type": "choice", "label": "l", "options": ["x"], "correct": "x"},
    {"name": "d", "type": "choices", "label": "l", "options": ["x", "y"], "correct": ["y"],
     "show_if": {"field": "c", "is": "x"}},
    {"name": "e", "type": "scale", "label": "l", "from": 1, "to": 5, "from_label": "low", "to_label": "high"},
    {"name": "f", "type": "matrix", "label": "l", "from": 1, "to": 21, "rows": [{"name": "m", "label": "Mental"}]},
    {"name": "g", "type": "confirm", "label": "l", "required": true, "show_if": {"field": "d", "is": "y"}}]}})"}});
  const std::vector<FormField>& fields = design.forms[0].fields;
  EXPECT_TRUE(fields[0].is_whole);
  EXPECT_EQ(fields[1].help, "h");
  EXPECT_EQ(fields[3].correct, "x");
  EXPECT_EQ(fields[4].show_if->field, "c");
  EXPECT_EQ(fields[5].to, 5);
  EXPECT_EQ(fields[5].to_label, "high");
  EXPECT_EQ(fields[6].rows[0].label, "Mental");
  EXPECT_EQ(fields[7].type, FieldType::confirm);
  EXPECT_TRUE(fields[7].required);
}

TEST(DesignConfig, ReadsTheFilesOfEachPeriod) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder.file(name)) << text;
  };
  write("assistant.md", "Ask in {period}.");
  const Sections sections{
      {"flow", R"([{"page": {"file": "intro.md"}}, {"periods": [{"page": {"file": "{treatment}.md"}},
                                       {"tasks": "{block}"}]}])"}};
  Sections all = good_sections();
  all["flow"] = sections.at("flow");
  EXPECT_EQ(
      without_places(error_of(text_of(all), FakePlugins(), folder.file("config.json"))),
      "flow[0].page.file: expected a file beside config.json, got \"intro.md\": No such file or directory\n"
      "flow[1].periods[0].page.file: expected a file beside config.json, got \"web.md\": No such file or directory");
  write("intro.md", "Hello {period}");
  write("web.md", "Search.");
  const Design design = design_of(sections, folder.file("config.json"));
  EXPECT_EQ(design.flow[0].text.for_period({}), "Hello {period}");
  EXPECT_EQ(design.flow[1].steps[0].text.for_period({"I", "assistant", 2}), "Ask in 2.");
  EXPECT_EQ(design.flow[1].steps[0].text.for_period({"I", "web", 1}), "Search.");
}

TEST(DesignConfig, LetsAnOpenLinkStandForAccessCodes) {
  const std::string start = R"({"task_duration_in_seconds": 60, "tasks": [])";
  EXPECT_EQ(error_of(start + "}"), "config.json:1:1: expected the key \"access_codes\", got none");
  EXPECT_EQ(error_of(start + R"(, "entry": {"open_link": {"id_parameter": "ID"}}})"), "");
}

TEST(DesignConfig, NamesThePlaceOfAFault) {
  Sections sections = good_sections();
  sections["blocks"] = R"({"I": {"tasks": ["larger", "times", "find-ol"]}, "II": {"tasks": ["find-old"]}})";
  EXPECT_EQ(
      error_of(text_of(sections)),
      "config.json:8:47: blocks.I.tasks[2]: expected the id of a task, got \"find-ol\"; did you mean \"find-old\"?");
}

TEST(DesignConfig, IsReadAlsoIfATaskIsBroken) {
  std::string text = text_of(good_sections());
  const std::string good = R"("id": "times", "type": "stdout")";
  text.replace(text.find(good), good.size(), R"("id": "times", "type": "stdoot")");
  EXPECT_THAT(without_places(error_of(text)), ::testing::StartsWith("tasks[2].type: expected a task type"));
  EXPECT_EQ(error_of(text).find('\n'), std::string::npos) << "no follow-up about the blocks: " << error_of(text);
}

TEST(DesignConfig, ReadyMadeFormsCanBeRead) {
  const HostConfig config = load_host_config(source_folder() + "/docs/examples/forms/study.yaml", FakePlugins());
  const Design& design = config.study->design;
  ASSERT_EQ(design.forms.size(), 4u);
  EXPECT_EQ(design.find_form("nasa_tlx")->fields.size(), 6u);
  EXPECT_EQ(design.find_form("sus")->fields[0].rows.size(), 10u);
  EXPECT_EQ(make_schedule(*config.study, {"", 0, "main", 1}).size(), 5u);
}

TEST(DesignConfig, TheExampleOfACrossoverIsPlannedAsItsTextSays) {
  const HostConfig config = load_host_config(source_folder() + "/docs/examples/crossover/study.yaml", FakePlugins());
  const Plan plan = make_plan(*config.study);
  EXPECT_EQ(config.study->design.groups.size(), 4u);
  ASSERT_EQ(plan.checks.size(), 1u);
  EXPECT_TRUE(plan.checks[0].is_good);
  EXPECT_TRUE(plan.warnings.empty());
  EXPECT_EQ(plan.time.tasks, std::chrono::minutes(45));
  EXPECT_EQ(plan.time.total(), std::chrono::hours(2));
  const Schedule schedule = make_schedule(*config.study, {"1", 0, "main", 1});
  EXPECT_EQ(count_tasks(schedule, false), 4);
  for (const ScheduleEntry& entry : schedule) {
    EXPECT_EQ(text_of(*config.study, entry).find("{treatment}"), std::string::npos);
    EXPECT_EQ(text_of(*config.study, entry).empty(),
              entry.kind == EntryKind::task || entry.step_id == "questionnaire-1");
  }
}

struct Fault {
  const char* name;
  Sections sections;
  std::string message;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class DesignFaults : public testing::TestWithParam<Fault> {};

TEST_P(DesignFaults, AreReported) { EXPECT_EQ(errors(GetParam().sections), GetParam().message); }

std::string crossover(const std::string& blocks, const std::string& treatments) {
  return R"({"seed": 1, "groups": {"crossover": {"blocks": )" + blocks + R"(, "treatments": )" + treatments + "}}}";
}

const Fault faults[] = {
    {"BlockTask",
     {{"blocks", R"({"I": {"tasks": ["find-ol"]}, "II": {"tasks": ["times"]}})"}},
     "blocks.I.tasks[0]: expected the id of a task, got \"find-ol\"; did you mean \"find-old\"?"},
    {"TaskOfTwoBlocks",
     {{"blocks", R"({"I": {"tasks": ["find-old"]}, "II": {"tasks": ["find-old"]}})"}},
     "blocks.II.tasks[0]: expected a task of one block, got \"find-old\", which is in blocks.I too"},
    {"TaskTwiceInABlock",
     {{"blocks", R"({"I": {"tasks": ["times", "times"]}, "II": {"tasks": ["find-old"]}})"}},
     "blocks.I.tasks[1]: expected each task once, got \"times\" a second time"},
    {"BlockName",
     {{"blocks", R"({"I": {"tasks": ["times"]}, "II": {"tasks": ["larger"]}, "a b": {"tasks": ["x"]}})"}},
     "blocks[\"a b\"]: expected a name of at most 40 letters, digits, \"-\" and \"_\", with a letter or a digit first, "
     "got "
     "\"a b\""},
    {"PeriodsWithoutGroups",
     {{"assignment", R"({"seed": 1})"}},
     "flow[1].periods: expected \"assignment.groups\", whose periods these steps are for, got none"},
    {"GroupsWithoutPeriods",
     {{"flow", R"([{"tasks": "*"}])"}},
     "assignment.groups: expected a step \"periods\" in \"flow\", in which groups differ, got none"},
    {"SecondPeriods",
     {{"flow", flow_with(R"({"periods": [{"tasks": "{block}"}]})")}},
     "flow[2].periods: expected one step with periods, got a second one (first at 9:50)"},
    {"NoSeed",
     {{"assignment", R"({"groups": {"crossover": {"blocks": ["I", "II"], "treatments": ["assistant", "web"]}}})"}},
     "assignment.seed: expected a whole number, as there are 4 groups, got none"},
    {"NoSeedForABlock",
     {{"assignment", ""},
      {"flow", R"([{"tasks": "I"}])"},
      {"questionnaires", ""},
      {"blocks", R"({"I": {"tasks": ["times"], "order": "random"}})"}},
     "assignment.seed: expected a whole number, as blocks.I has a random order, got none"},
    {"NoSeedForAField",
     {{"assignment", ""}, {"flow", R"([{"questionnaire": "about"}])"}},
     "assignment.seed: expected a whole number, as questionnaires.about.fields[1] has a random order, got none"},
    {"NegativeSeed",
     {{"assignment",
       R"({"seed": -1, "groups": {"crossover": {"blocks": ["I", "II"], "treatments": ["assistant", "web"]}}})"}},
     "assignment.seed: expected a whole number of at least 0, got -1"},
    {"NoGroup",
     {{"assignment", R"({"seed": 1, "groups": {}})"}},
     "assignment.groups: expected \"crossover\" or groups by name, got none"},
    {"BlockTwiceInAGroup",
     {{"assignment", R"({"seed": 1, "groups": {"2": [{"block": "I"}, {"block": "I"}]}})"}},
     "assignment.groups.2: expected each block once, got \"I\" twice"},
    {"UnequalGroups",
     {{"assignment", R"({"seed": 1, "groups": {"a": [{"block": "I"}, {"block": "II"}], "b": [{"block": "I"}]}})"}},
     "assignment.groups.b: expected 2 periods as in the first group, got 1"},
    {"BlockOfAGroup",
     {{"assignment", R"({"seed": 1, "groups": {"a": [{"block": "Il"}]}})"}},
     "assignment.groups.a[0].block: expected a name in \"blocks\", got \"Il\"; did you mean \"I\"?"},
    {"TreatmentOfAGroup",
     {{"assignment", R"({"seed": 1, "groups": {"a": [{"block": "I", "treatment": "wep"}]}})"}},
     "assignment.groups.a[0].treatment: expected a name in \"treatments\", got \"wep\"; did you mean \"web\"?"},
    {"CrossoverBlock",
     {{"assignment", crossover(R"(["I", "IV"])", R"(["assistant", "web"])")}},
     "assignment.groups.crossover.blocks[1]: expected a name in \"blocks\", got \"IV\"; did you mean \"I\"?"},
    {"UnequalCrossover",
     {{"assignment", crossover(R"(["I", "II"])", R"(["assistant", "web", "none"])")}},
     "assignment.groups.crossover.treatments: expected as many treatments as blocks, which are 2, got 3\n"
     "assignment.groups.crossover.treatments[2]: expected a name in \"treatments\", got \"none\""},
    {"NoBlockSize",
     {{"assignment",
       R"({"seed": 1, "method": "permuted_blocks", "groups": {"a": [{"block": "I"}], "b": [{"block": "II"}]}})"}},
     "assignment.block_size: expected a multiple of the number of groups, which is 2, got none"},
    {"BlockSize",
     {{"assignment", R"({"seed": 1, "method": "permuted_blocks", "block_size": 3, "groups":
                        {"a": [{"block": "I"}], "b": [{"block": "II"}]}})"}},
     "assignment.block_size: expected a multiple of the number of groups, which is 2, got 3"},
    {"BlockSizeOfAnotherMethod",
     {{"assignment", R"({"block_size": 3, "seed": 1, "groups": {"a": [{"block": "I"}]}})"}},
     "assignment.block_size: expected \"method\": \"permuted_blocks\" with \"block_size\", got another method"},
    {"At",
     {{"assignment", R"({"seed": 1, "at": "questionaire-1", "groups": {"a": [{"block": "I"}]}})"}},
     "assignment.at: expected the id of a step outside of periods, or \"first_period\", got \"questionaire-1\"; did "
     "you mean "
     "\"questionnaire-1\"?"},
    {"LateAt",
     {{"assignment", R"({"seed": 1, "at": "page-1", "groups": {"a": [{"block": "I"}]}})"},
      {"flow", flow_with(R"({"page": "End"})")}},
     "assignment.at: expected \"periods-1\", which depends on the group, or a step before it, got \"page-1\""},
    {"Fixed",
     {{"assignment", R"({"seed": 1, "fixed": {"eva-7731": "c"}, "groups": {"a": [{"block": "I"}]}})"}},
     "assignment.fixed: expected the name of a group (\"a\"), got \"c\""},
    {"FixedNumber",
     {{"assignment", R"({"seed": 1, "fixed": {"eva-7731": 3}, "groups": {"a": [{"block": "I"}]}})"}},
     "assignment.fixed: expected the name of a group (\"a\"), got 3"},
    {"Closed",
     {{"assignment", R"({"seed": 1, "closed": ["groupb"], "groups": {"group-b": [{"block": "I"}]}})"}},
     "assignment.closed[0]: expected the name of a group, got \"groupb\"; did you mean \"group-b\"?"},
    {"Link",
     {{"treatments",
       R"({"web": {"title": "t", "links": [{"title": "t", "url": "example.org"}]}, "assistant": {"title": "t"}})"}},
     "treatments.web.links[0].url: expected \"https://...\" or \"http://...\", got \"example.org\""},
    {"FieldTwice",
     {{"questionnaires", form_with(R"({"name": "shell", "type": "text", "label": "l"})")}},
     "questionnaires.about.fields[2].name: expected a new name, got \"shell\", which fields[1] has"},
    {"RowTwice",
     {{"questionnaires", form_with(R"({"name": "m", "type": "matrix", "label": "l", "from": 1, "to": 2,
                                       "rows": [{"name": "a", "label": "A"}, {"name": "a", "label": "B"}]})")}},
     "questionnaires.about.fields[2].rows[1].name: expected a new name, got \"a\", which rows[0] has"},
    {"FieldType",
     {{"questionnaires", form_with(R"({"name": "m", "type": "choise", "label": "l"})")}},
     "questionnaires.about.fields[2].type: expected a type of field (\"text\", \"paragraph\", \"number\", \"choice\", "
     "\"choices\", \"scale\", \"matrix\" or \"confirm\"), got \"choise\"; did you mean \"choice\"?"},
    {"KeyOfAnotherField",
     {{"questionnaires", form_with(R"({"name": "m", "type": "text", "label": "l", "options": ["a"]})")}},
     "questionnaires.about.fields[2].options: expected \"type\", \"name\", \"label\", \"help\", \"required\", "
     "\"correct\" or "
     "\"show_if\", got \"options\""},
    {"NoOptions",
     {{"questionnaires", form_with(R"({"name": "m", "type": "choice", "label": "l"})")}},
     "questionnaires.about.fields[2]: expected the key \"options\", got none"},
    {"Range",
     {{"questionnaires", form_with(R"({"name": "m", "type": "number", "label": "l", "at_least": 2, "at_most": 1})")}},
     "questionnaires.about.fields[2].at_most: expected at least \"at_least\", which is 2, got 1"},
    {"Scale",
     {{"questionnaires", form_with(R"({"name": "m", "type": "scale", "label": "l", "from": 5, "to": 5})")}},
     "questionnaires.about.fields[2].to: expected a number above \"from\", which is 5, got 5"},
    {"Correct",
     {{"questionnaires",
       form_with(R"({"name": "m", "type": "choice", "label": "l", "options": ["a"], "correct": "b"})")}},
     "questionnaires.about.fields[2].correct: expected an answer that the field can have, got \"b\""},
    {"DeepCorrect",
     {{"questionnaires", form_with(R"({"name": "m", "type": "text", "label": "l", "correct": )" + std::string(60, '[') +
                                   std::string(60, ']') + "}")}},
     "questionnaires.about.fields[2].correct: expected an answer that the field can have, got an array"},
    {"ShowIf",
     {{"questionnaires",
       form_with(R"({"name": "m", "type": "text", "label": "l", "show_if": {"field": "yearz", "is": 1}})")}},
     "questionnaires.about.fields[2].show_if.field: expected a field before this one, got \"yearz\"; did you mean "
     "\"years\"?"},
    {"ShowIfValue",
     {{"questionnaires",
       form_with(R"({"name": "m", "type": "text", "label": "l", "show_if": {"field": "shell", "is": "fish"}})")}},
     "questionnaires.about.fields[2].show_if.is: expected an answer that \"shell\" can have, got \"fish\""},
    {"Step",
     {{"flow", flow_with(R"({"pages": "x"})")}},
     "flow[2]: expected one of the keys \"consent\", \"page\", \"questionnaire\", \"practice\", \"tasks\", \"break\" "
     "and "
     "\"periods\", got \"pages\"; did you mean \"page\"?"},
    {"EmptyStep",
     {{"flow", flow_with("{}")}},
     "flow[2]: expected one of the keys \"consent\", \"page\", \"questionnaire\", \"practice\", \"tasks\", \"break\" "
     "and "
     "\"periods\", got none"},
    {"PeriodsInPeriods",
     {{"flow", R"([{"periods": [{"periods": [{"tasks": "{block}"}]}]}])"}},
     "flow[0].periods[0]: expected one of the keys \"consent\", \"page\", \"questionnaire\", \"practice\", \"tasks\" "
     "and "
     "\"break\", got \"periods\""},
    {"KeyOfAnotherStep",
     {{"flow", flow_with(R"({"page": "x", "tries": 3})")}},
     "flow[2].tries: expected \"page\", \"id\", \"title\", \"at_least_in_seconds\" or \"back\", got \"tries\""},
    {"StepId",
     {{"flow", flow_with(R"({"page": "x", "id": "questionnaire-1"})")}},
     "flow[2].id: expected a new id, got \"questionnaire-1\", which flow[0] has"},
    {"DefaultStepId",
     {{"flow", flow_with(R"({"page": "x", "id": "page-2"}, {"page": "y"})")}},
     "flow[3]: expected a new id, got \"page-2\" (the default), which flow[2] has"},
    {"Questionnaire",
     {{"flow", flow_with(R"({"questionnaire": "abot"})")}},
     "flow[2].questionnaire: expected a name in \"questionnaires\", got \"abot\"; did you mean \"about\"?"},
    {"EndRuleField",
     {{"flow",
       flow_with(
           R"({"questionnaire": "about", "ends_if": [{"field": "yeers", "is": 1, "outcome": "screened_out"}]})")}},
     "flow[2].ends_if[0].field: expected a field of \"about\", got \"yeers\"; did you mean \"years\"?"},
    {"EndRuleWithoutTest",
     {{"flow", flow_with(R"({"questionnaire": "about", "ends_if": [{"field": "years", "outcome": "screened_out"}]})")}},
     "flow[2].ends_if[0]: expected one of \"is\", \"less_than\", \"more_than\" and \"includes\", got none"},
    {"EndRuleWithTwoTests",
     {{"flow", flow_with(R"({"questionnaire": "about", "ends_if":
                            [{"field": "years", "is": 1, "less_than": 2, "outcome": "screened_out"}]})")}},
     "flow[2].ends_if[0]: expected one of \"is\", \"less_than\", \"more_than\" and \"includes\", got 2"},
    {"EndRuleOfText",
     {{"flow", flow_with(R"({"questionnaire": "about", "ends_if":
                            [{"field": "shell", "less_than": 2, "outcome": "screened_out"}]})")}},
     "flow[2].ends_if[0].less_than: expected a field with a number, got \"shell\", which has the type \"choices\""},
    {"EndRuleIncludes",
     {{"flow", flow_with(R"({"questionnaire": "about", "ends_if":
                            [{"field": "years", "includes": "x", "outcome": "screened_out"}]})")}},
     "flow[2].ends_if[0].includes: expected a field with choices, got \"years\", which has the type \"number\""},
    {"EndRuleOption",
     {{"flow", flow_with(R"({"questionnaire": "about", "ends_if":
                            [{"field": "shell", "includes": "fish", "outcome": "screened_out"}]})")}},
     "flow[2].ends_if[0].includes: expected an answer that \"shell\" can have, got \"fish\""},
    {"EndRuleOutcome",
     {{"flow",
       flow_with(R"({"questionnaire": "about", "ends_if": [{"field": "years", "is": 1, "outcome": "screened"}]})")}},
     "flow[2].ends_if[0].outcome: expected \"completed\", \"no_consent\", \"screened_out\" or \"failed_practice\", got "
     "\"screened\""},
    {"RepeatWithoutCorrect",
     {{"questionnaires", form_with(R"({"name": "m", "type": "text", "label": "l"})")},
      {"flow", flow_with(R"({"questionnaire": "about", "repeat_if_wrong": {"times": 1}})")}},
     "flow[2].repeat_if_wrong: expected a form in which a field has \"correct\", got \"about\""},
    {"Practice",
     {{"flow", flow_with(R"({"practice": ["warmup"]})")}},
     "flow[2].practice[0]: expected the id of a task, got \"warmup\"; did you mean \"warm-up\"?"},
    {"PracticeTries",
     {{"flow", flow_with(R"({"practice": ["warm-up"], "tries": 2})")}},
     "flow[2].tries: expected \"until\": \"passed\" with \"tries\", got practice until the tasks have ended"},
    {"Tasks",
     {{"flow", flow_with(R"({"tasks": "III"})")}},
     "flow[2].tasks: expected a name in \"blocks\" or \"*\", got \"III\"; did you mean \"II\"?"},
    {"BlockOutsideOfPeriods",
     {{"flow", flow_with(R"({"tasks": "{block}"})")}},
     "flow[2].tasks: expected a name in \"blocks\" or \"*\", as the step is in no period, got \"{block}\""},
    {"FileOutsideOfPeriods",
     {{"flow", flow_with(R"({"page": {"file": "{block}.md"}})")}},
     "flow[2].page.file: expected a name without {block}, {treatment} and {period}, which only steps in periods have, "
     "got "
     "\"{block}.md\""},
    {"Break",
     {{"flow", flow_with(R"({"break": "x", "at_least_in_seconds": 9, "at_most_in_seconds": 8})")}},
     "flow[2].at_most_in_seconds: expected at least \"at_least_in_seconds\", which is 9, got 8"},
    {"RedirectWithoutCode",
     {{"completion", R"({"completed": {"code": "C1", "redirect": "https://e.org"}})"}},
     "completion.completed.redirect: expected \"{code}\" in it or no \"code\", got a link without \"{code}\""},
    {"RedirectWithoutItsCode",
     {{"completion", R"({"completed": {"redirect": "https://e.org?c={code}"}})"}},
     "completion.completed.redirect: expected a link without \"{code}\", as there is no \"code\", got "
     "\"https://e.org?c={code}\""},
    {"CompletionOutcome",
     {{"completion", R"({"complete": {"code": "C1"}})"}},
     "completion.complete: expected a known key, got \"complete\"; did you mean \"completed\"?"},
    {"IdPattern",
     {{"entry", R"({"open_link": {"id_parameter": "ID", "id_pattern": "[0-9"}})"}},
     "entry.open_link.id_pattern: expected a regular expression (RE2), got \"[0-9\": missing ]: [0-9"},
    {"IdParameter",
     {{"entry", R"({"open_link": {"id_parameter": "a b"}})"}},
     "entry.open_link.id_parameter: expected at most 100 letters, digits, \".\", \"-\" and \"_\", got \"a b\""},
    {"Stage",
     {{"study", R"({"stage": "Pilot"})"}},
     "study.stage: expected at most 40 lower-case letters, digits and \"-\", got \"Pilot\""},
    {"License",
     {{"study", R"({"license": "CC BY 4.0"})"}},
     "study.license: expected an SPDX license such as \"CC-BY-4.0\", got \"CC BY 4.0\""},
    {"Orcid",
     {{"study", R"({"authors": [{"name": "A", "orcid": "1"}]})"}},
     "study.authors[0].orcid: expected an ORCID iD such as \"0000-0002-1825-0097\", got \"1\""},
};

INSTANTIATE_TEST_SUITE_P(Design, DesignFaults, testing::ValuesIn(faults),
                         [](const testing::TestParamInfo<Fault>& test) { return std::string(test.param.name); });

TEST(DesignConfig, NeverShowsAnAccessCodeInAMessage) {
  for (const Fault& fault : faults) EXPECT_EQ(errors(fault.sections).find("eva-7731"), std::string::npos) << fault.name;
}

TEST(DesignConfig, IsTheSameInYaml) {
  const std::string yaml = R"(access_codes: [a]
task_duration_in_seconds: 60
tasks: [{id: t, type: stdout, description: d, answer: a}]
blocks: {I: {tasks: [t], order: latin_square}}
flow:
  - consent: |
      We record **every key**.
    boxes: [I am 18 or older]
  - tasks: I
)";
  const Design design = parse_host_config(yaml, "study.yaml", FakePlugins()).study->design;
  EXPECT_EQ(design.flow[0].text.text, "We record **every key**.\n");
  EXPECT_EQ(design.flow[1].block, "I");
  EXPECT_EQ(error_of(yaml + "  - tasks: II\n", FakePlugins(), "study.yaml"),
            "study.yaml:10:12: flow[2].tasks: expected a name in \"blocks\" or \"*\", got \"II\"; did you mean \"I\"?");
}

}  // namespace
}  // namespace tellina
