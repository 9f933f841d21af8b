#include "host/study/form.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "host/study/flow.hpp"

namespace tellina::testing {
namespace {

namespace json = boost::json;

json::object object(const std::string& text) { return json::parse(text).as_object(); }

FormField field(const std::string& name, FieldType type) {
  FormField result;
  result.name = name;
  result.type = type;
  result.label = name;
  result.options = {"bash", "zsh", "fish"};
  result.rows = {{"mental", "Mental"}, {"physical", "Physical"}};
  result.from = 1;
  result.to = 21;
  return result;
}

Form form(std::vector<FormField> fields) { return {"form", "Form", {}, std::move(fields)}; }

/// "NAME: MESSAGE" of each fault.
std::vector<std::string> faults(const Form& form, const std::string& answers) {
  std::vector<std::string> result;
  for (const FieldFault& fault : check_answers(form, object(answers))) {
    result.push_back(fault.name + ": " + fault.message);
  }
  return result;
}

std::string fault(const FormField& field, const std::string& value) {
  return why_bad_answer(field, json::parse(value));
}

TEST(Answer, IsOfTheFieldsType) {
  struct Case {
    FieldType type;
    std::vector<std::string> good;
    std::vector<std::string> bad;
    std::string message;
  };
  const Case cases[] = {
      {FieldType::text, {R"("")", R"("a")"}, {"1", "true", "[]", "{}"}, "Enter a text."},
      {FieldType::paragraph, {R"("a\nb")"}, {"1", "true"}, "Enter a text."},
      {FieldType::number, {"0", "-1.5", "1e3"}, {R"("1")", "true", "[1]"}, "Enter a number."},
      {FieldType::choice, {R"("zsh")"}, {R"("tcsh")", R"(["zsh"])", "1"}, "Choose one of the options."},
      {FieldType::choices,
       {"[]", R"(["zsh"])", R"(["zsh","bash"])"},
       {R"("zsh")", R"(["tcsh"])", R"(["zsh","zsh"])", "[1]"},
       "Choose some of the options."},
      {FieldType::scale, {"1", "21", "3.0"}, {"0", "22", "1.5", R"("1")"}, "Choose a value from 1 to 21."},
      {FieldType::matrix,
       {"{}", R"({"mental":1})", R"({"mental":1,"physical":21})", R"({"mental":null})"},
       {R"({"mental":0})", R"({"mental":"1"})"},
       "Choose a value from 1 to 21."},
      {FieldType::confirm, {"true", "false"}, {"1", R"("true")"}, "Tick this box, or leave it empty."},
  };
  for (const Case& one : cases) {
    const FormField tested = field("x", one.type);
    EXPECT_EQ(fault(tested, "null"), "");
    for (const std::string& value : one.good) EXPECT_EQ(fault(tested, value), "") << value;
    for (const std::string& value : one.bad) EXPECT_EQ(fault(tested, value), one.message) << value;
  }
  EXPECT_EQ(fault(field("x", FieldType::matrix), "1"), "Choose a value in each row.");
  EXPECT_EQ(fault(field("x", FieldType::matrix), R"({"other":1})"),
            "Choose values for the rows of this question only.");
}

TEST(Answer, IsInTheRange) {
  FormField years = field("years", FieldType::number);
  years.at_least = 0;
  EXPECT_EQ(fault(years, "-0.5"), "Enter a number of at least 0.");
  years.at_most = 60;
  EXPECT_EQ(fault(years, "0"), "");
  EXPECT_EQ(fault(years, "60"), "");
  EXPECT_EQ(fault(years, "60.5"), "Enter a number from 0 to 60.");
  years.is_whole = true;
  EXPECT_EQ(fault(years, "4.5"), "Enter a whole number from 0 to 60.");
  EXPECT_EQ(fault(years, "4.0"), "");
  years.at_least.reset();
  EXPECT_EQ(fault(years, "61"), "Enter a whole number of at most 60.");
}

TEST(Answer, HasAGreatestLengthInCharacters) {
  const FormField text = field("x", FieldType::text);
  std::string umlauts;
  for (int count = 0; count < 500; ++count) umlauts += "ä";
  EXPECT_EQ(why_bad_answer(text, json::string(umlauts)), "");
  EXPECT_EQ(why_bad_answer(text, json::string(umlauts + "b")), "Enter at most 500 characters; these are 501.");
  const FormField paragraph = field("x", FieldType::paragraph);
  EXPECT_EQ(why_bad_answer(paragraph, json::string(std::string(5000, 'a'))), "");
  EXPECT_EQ(why_bad_answer(paragraph, json::string(std::string(5001, 'a'))),
            "Enter at most 5000 characters; these are 5001.");
}

TEST(Form, NeedsAnswersToItsRequiredFields) {
  std::vector<FormField> fields;
  for (const FieldType type : {FieldType::text, FieldType::paragraph, FieldType::number, FieldType::choice,
                               FieldType::choices, FieldType::scale, FieldType::matrix, FieldType::confirm}) {
    fields.push_back(field(std::string(to_string(type)), type));
  }
  EXPECT_THAT(faults(form(fields), "{}"), ::testing::IsEmpty()) << "none is required";
  for (FormField& one : fields) one.required = true;
  const std::vector<std::string> all{"text: Answer this question.",          "paragraph: Answer this question.",
                                     "number: Answer this question.",        "choice: Answer this question.",
                                     "choices: Choose at least one option.", "scale: Answer this question.",
                                     "matrix: Choose a value in each row.",  "confirm: Tick this box to continue."};
  EXPECT_EQ(faults(form(fields), "{}"), all);
  EXPECT_EQ(faults(form(fields), R"({"text": " ", "paragraph": "\n", "number": null, "choice": null, "choices": [],
                                     "scale": null, "matrix": {"mental": 1}, "confirm": false})"),
            all);
  EXPECT_THAT(faults(form(fields), R"({"text": "a", "paragraph": "b", "number": 0, "choice": "zsh", "choices": ["zsh"],
                                       "scale": 1, "matrix": {"mental": 1, "physical": 2}, "confirm": true})"),
              ::testing::IsEmpty());
}

TEST(Form, RefusesAnswersToOtherQuestions) {
  EXPECT_THAT(faults(form({field("a", FieldType::text)}), R"({"b": "x"})"),
              ::testing::ElementsAre("b: This form has no such question."));
}

TEST(Form, JudgesOnlyFieldsThatAreShown) {
  FormField shell = field("shell", FieldType::choice);
  FormField version = field("version", FieldType::number);
  version.required = true;
  version.show_if = FieldCondition{"shell", "zsh"};
  FormField plugins = field("plugins", FieldType::choices);
  plugins.required = true;
  plugins.show_if = FieldCondition{"version", 5};
  const Form tested = form({shell, version, plugins});
  EXPECT_THAT(faults(tested, "{}"), ::testing::IsEmpty());
  EXPECT_THAT(faults(tested, R"({"shell": "bash", "version": "no number"})"), ::testing::IsEmpty());
  EXPECT_THAT(faults(tested, R"({"shell": "zsh"})"), ::testing::ElementsAre("version: Answer this question."));
  EXPECT_THAT(faults(tested, R"({"shell": "zsh", "version": 5.0})"),
              ::testing::ElementsAre("plugins: Choose at least one option."));
  EXPECT_THAT(faults(tested, R"({"shell": "bash", "version": 5})"), ::testing::IsEmpty())
      << "a field that is not shown has no answer";
  EXPECT_EQ(shown_answers(tested, object(R"({"shell": "bash", "version": 5, "plugins": ["zsh"]})")),
            object(R"({"shell": "bash"})"));
  EXPECT_EQ(shown_answers(tested, object(R"({"shell": "zsh", "version": 5, "plugins": null})")),
            object(R"({"shell": "zsh", "version": 5})"));
}

TEST(Form, ShowsAFieldIfAListIncludesAValue) {
  FormField shells = field("shells", FieldType::choices);
  FormField version = field("version", FieldType::number);
  version.required = true;
  version.show_if = FieldCondition{"shells", "zsh"};
  const Form tested = form({shells, version});
  EXPECT_THAT(faults(tested, R"({"shells": ["bash"]})"), ::testing::IsEmpty());
  EXPECT_THAT(faults(tested, R"({"shells": ["bash", "zsh"]})"), ::testing::SizeIs(1));
}

TEST(Form, NamesFieldsWithWrongAnswers) {
  FormField one = field("one", FieldType::number);
  one.correct = 4;
  FormField two = field("two", FieldType::choices);
  two.correct = json::parse(R"(["zsh", "bash"])");
  FormField three = field("three", FieldType::text);
  FormField four = field("four", FieldType::matrix);
  four.correct = json::parse(R"({"mental": 1, "physical": 2})");
  const Form tested = form({one, two, three, four});
  EXPECT_THAT(wrong_fields(tested, {}), ::testing::ElementsAre("one", "two", "four"));
  EXPECT_THAT(wrong_fields(tested, object(R"({"one": 4.0, "two": ["bash", "zsh"], "three": "?",
                                              "four": {"physical": 2.0, "mental": 1}})")),
              ::testing::IsEmpty());
  EXPECT_THAT(wrong_fields(tested, object(R"({"one": 5, "two": ["bash"], "four": {"mental": 1}})")),
              ::testing::ElementsAre("one", "two", "four"));
}

TEST(EndRules, GiveTheOutcomeOfTheFirstThatHolds) {
  using Rule = EndRule::Test;
  const std::vector<EndRule> rules{{"years", Rule::less_than, 1, Outcome::screened_out},
                                   {"years", Rule::more_than, 40, Outcome::stopped},
                                   {"shell", Rule::is, "fish", Outcome::no_consent},
                                   {"tools", Rule::includes, "find", Outcome::expired}};
  const auto ends = [&](const std::string& answers) { return ending_outcome(rules, object(answers)); };
  EXPECT_EQ(ends("{}"), std::nullopt);
  EXPECT_EQ(ends(R"({"years": null, "shell": null, "tools": null})"), std::nullopt);
  EXPECT_EQ(ends(R"({"years": 1})"), std::nullopt);
  EXPECT_EQ(ends(R"({"years": 0.5})"), Outcome::screened_out);
  EXPECT_EQ(ends(R"({"years": 40})"), std::nullopt);
  EXPECT_EQ(ends(R"({"years": 41, "shell": "fish"})"), Outcome::stopped);
  EXPECT_EQ(ends(R"({"shell": "fish"})"), Outcome::no_consent);
  EXPECT_EQ(ends(R"({"tools": ["grep"]})"), std::nullopt);
  EXPECT_EQ(ends(R"({"tools": ["grep", "find"]})"), Outcome::expired);
  EXPECT_EQ(ends(R"({"years": "0"})"), std::nullopt);
}

TEST(Consent, HasTheHashOfItsTextAndBoxesAsVersion) {
  FlowStep consent;
  consent.kind = StepKind::consent;
  consent.text.text = "We record keys.";
  const std::string plain = consent_version(consent, {});
  consent.boxes = {"I am 18 or older"};
  const std::string with_box = consent_version(consent, {});
  EXPECT_EQ(plain.size(), 64u);
  EXPECT_NE(plain, with_box);
  consent.version = "2026-1";
  EXPECT_EQ(consent_version(consent, {}), "2026-1");
}

}  // namespace
}  // namespace tellina::testing
