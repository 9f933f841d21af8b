#include "host/bots/answers.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

#include "played_server.hpp"

namespace tellina::testing {
namespace {

using bots::Correctness;

constexpr int many = 500;

FormField number_field(std::optional<double> at_least, std::optional<double> at_most, bool is_whole) {
  FormField field;
  field.name = "n" + std::to_string(at_least.value_or(-1)) + std::to_string(at_most.value_or(-1));
  field.type = FieldType::number;
  field.required = true;
  field.at_least = at_least;
  field.at_most = at_most;
  field.is_whole = is_whole;
  return field;
}

std::vector<Form> forms() {
  std::vector<Form> forms = bot_study().design.forms;
  forms.push_back({"numbers",
                   "",
                   {},
                   {number_field({}, {}, false), number_field(0.25, 0.75, false), number_field(-3, {}, true),
                    number_field({}, -7.5, false), number_field(2, 2, true), number_field(0, 1e300, true)}});
  return forms;
}

TEST(Answers, AreAccepted) {
  for (const Form& form : forms()) {
    for (int number = 0; number < many; ++number) {
      for (const Correctness correctness : {Correctness::random, Correctness::right}) {
        Draws draws(1, "test", form.name, number);
        const boost::json::object answers = random_answers(form, draws, correctness);
        for (const FieldFault& fault : check_answers(form, answers)) {
          ADD_FAILURE() << form.name << " " << fault.name << ": " << fault.message << " " << answers;
        }
        EXPECT_TRUE(correctness == Correctness::random || wrong_fields(form, answers).empty());
        EXPECT_EQ(shown_answers(form, answers), answers);
      }
    }
  }
}

TEST(Answers, TakeEveryValue) {
  const Form form = bot_study().design.forms[0];
  std::map<std::string, std::set<std::string>> values;
  int wrong = 0;
  for (int number = 0; number < many; ++number) {
    Draws draws(1, "test", "values", number);
    const boost::json::object answers = random_answers(form, draws, Correctness::random);
    wrong += wrong_fields(form, answers).empty() ? 0 : 1;
    for (const FormField& field : form.fields) {
      const boost::json::value* const value = answers.if_contains(field.name);
      values[field.name].insert(value ? boost::json::serialize(*value) : "none");
    }
  }
  EXPECT_NEAR(wrong, many * 2 / 3, many / 8);
  EXPECT_EQ(values["shell"].size(), 3U);
  EXPECT_EQ(values["years"].size(), 13U);
  EXPECT_TRUE(values["note"].contains("none"));
  EXPECT_EQ(values["known"].size(), 8U) << "each choice of three options, and none";
  EXPECT_EQ(values["sure"].size(), 1U);
}

}  // namespace
}  // namespace tellina::testing
